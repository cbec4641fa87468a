#include "h5ad_source.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <utility>

namespace biodta::cells {
namespace {

constexpr std::string_view kExpected = "an AnnData .h5ad file";

/// What an HDF5 file that is no .h5ad seems to be.
std::string guess(const support::hdf5::File& file) {
  if (file.is_group("matrix") && file.exists("matrix/barcodes")) return "a 10x matrix file";
  if (file.is_dataset("matrix") && file.exists("row_attrs")) return "a loom file";
  if (file.maybe_text_attribute("format").value_or("") == "biodta-corpus") return "a corpus";
  return "an HDF5 file without obs and var";
}

}  // namespace

std::unique_ptr<CountSource> open_counts(const std::filesystem::path& path, CountMatrix matrix) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw InputError(path, "", "no such file", kExpected);
  if (std::filesystem::is_directory(path, ignored)) throw InputError(path, "", "a folder", kExpected);
  support::hdf5::File file = support::hdf5::File::open(path);
  if (!file.exists("obs") || !file.exists("var")) throw InputError(path, "", guess(file), kExpected);
  return std::make_unique<H5adSource>(std::move(file), matrix);
}

}  // namespace biodta::cells
