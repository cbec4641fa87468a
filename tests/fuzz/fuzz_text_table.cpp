// A text table out of one input: a byte of choices, then the file.
#include "fuzz/fuzz_files.hpp"

#include <biodta/support/error.hpp>

#include <cells/text_table_source.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace biodta;
  static const fuzz::FuzzFolder folder;
  if (size == 0) return 0;
  const unsigned choices = data[0];
  const auto file =
      folder.write("table", {reinterpret_cast<const char*>(data) + 1, size - 1}, (choices & 1U) != 0);
  const std::uint64_t max_values = (choices & 8U) != 0 ? 4 : cells::ScatteredMatrix::kMaxValues;
  try {
    if (!cells::looks_like_text(file)) return 0;
    const auto source = cells::open_text_table(file, {.values = cells::CountValues::kAny}, max_values);
    fuzz::read_everything(*source);
  } catch (const Error&) {  // files that are refused
  }
  return 0;
}
