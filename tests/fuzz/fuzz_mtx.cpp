// A 10x mtx folder out of one input: a byte of choices, then matrix.mtx, features.tsv and barcodes.tsv
// between lines of "----"; files that the input does not reach are missing.
#include "fuzz/fuzz_files.hpp"

#include <biodta/support/error.hpp>

#include <cells/mtx_source.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace biodta;
  constexpr std::string_view kSeparator = "----\n";
  static const fuzz::FuzzFolder folder;
  if (size == 0) return 0;
  const unsigned choices = data[0];
  const std::string names[] = {"matrix.mtx", (choices & 16U) != 0 ? "genes.tsv" : "features.tsv",
                               "barcodes.tsv"};
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  folder.clear();
  for (unsigned i = 0; i < 3 && rest.data() != nullptr; ++i) {
    const std::size_t at = i < 2 ? rest.find(kSeparator) : std::string_view::npos;
    const bool packed = (choices >> i & 1U) != 0;
    folder.write(names[i] + (packed ? ".gz" : ""), rest.substr(0, at), packed);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + kSeparator.size());
  }
  const std::uint64_t max_values = (choices & 8U) != 0 ? 4 : cells::ScatteredMatrix::kMaxValues;
  try {
    const auto source = cells::open_mtx(folder.path(), {.values = cells::CountValues::kAny}, max_values);
    fuzz::read_everything(*source);
  } catch (const Error&) {  // files that are refused
  }
  return 0;
}
