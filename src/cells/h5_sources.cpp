#include "h5_sources.hpp"

#include "h5ad_source.hpp"
#include "loom_source.hpp"
#include "tenx_h5_source.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <string>
#include <utility>
#include <vector>

namespace biodta::cells {
namespace {

/// What an HDF5 file without counts that we know is, in words.
std::string describe_h5(const support::hdf5::File& file) {
  if (file.maybe_text_attribute("format").value_or("").starts_with("biodta-")) {
    return "a file of Bio-DTA (" + file.text_attribute("format") + ")";
  }
  std::vector<std::string> names = file.children();
  if (names.empty()) return "an HDF5 file without contents";
  constexpr std::size_t kMost = 6;
  if (names.size() > kMost) {
    names.resize(kMost);
    names.emplace_back("others");
  }
  return "an HDF5 file with " + support::join_words(names);
}

}  // namespace

std::unique_ptr<CountSource> open_h5(support::hdf5::File file, const CountSourceOptions& options) {
  const std::string format = file.maybe_text_attribute("format").value_or("");
  if (format == "biodta-corpus") {
    throw InputError(file.path(), "", "a corpus", "a file of counts", "a corpus is tokenized already");
  }
  if (file.exists("obs") && file.exists("var")) return std::make_unique<H5adSource>(file, options);
  if (is_loom(file)) return std::make_unique<LoomSource>(file, options);
  if (!tenx_groups(file).empty()) return std::make_unique<TenxH5Source>(std::move(file), options);
  throw InputError(
      file.path(), "", describe_h5(file),
      "an AnnData .h5ad file (obs, var and X), a 10x .h5 file (matrix or genomes) or a loom file "
      "(matrix, row_attrs and col_attrs)");
}

}  // namespace biodta::cells
