#include "tenx_h5_source.hpp"

#include "gene_columns.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

constexpr std::uint32_t kNotAGene = std::numeric_limits<std::uint32_t>::max();

bool is_tenx_group(const hdf5::File& file, const std::string& name) {
  if (!file.is_group(name)) return false;
  const hdf5::Group group = file.group(name);
  return group.is_dataset("barcodes") && group.is_dataset("indptr") &&
         (group.is_group("features") || group.is_dataset("genes") || group.is_dataset("gene_names"));
}

/// Whether the name of a genome is that of a human assembly, perhaps with words around it.
bool is_human_genome(std::string name) {
  constexpr std::array<std::string_view, 4> kHuman = {"hg19", "hg38", "grch37", "grch38"};
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kHuman.begin(), kHuman.end(),
                     [&](std::string_view human) { return name.find(human) != std::string::npos; });
}

/// The group that the option means.
std::string find_tenx_group(const hdf5::File& file, const std::string& wanted) {
  const std::vector<std::string> names = tenx_groups(file);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  if (wanted != "auto")
    throw InputError(file.path(), "", "no matrix '" + wanted + "'", support::join_words(names));
  if (names.size() == 1) return names.front();
  std::vector<std::string> human;
  std::copy_if(names.begin(), names.end(), std::back_inserter(human), is_human_genome);
  if (human.size() == 1) return human.front();
  throw InputError(file.path(), "", "the genomes " + support::join_words(names),
                   "one genome, or one that is human", "matrix (--matrix) names the one to read");
}

std::unique_ptr<CsrMatrix> open_tenx_matrix(const hdf5::File& file, const std::string& name) {
  const hdf5::Group group = file.group(name);
  const std::vector<std::int64_t> shape = group.dataset("shape").read_all<std::int64_t>();
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] >= kMost || shape[1] > kMost) {
    throw InputError(file.path(), name + "/shape", "no usable shape", "features and cells");
  }
  const auto features = static_cast<std::uint64_t>(shape[0]);
  const auto cells = static_cast<std::uint64_t>(shape[1]);
  return std::make_unique<CsrMatrix>(
      SparseArrays(file.path(), group, name, {cells, features, "cells", "features"}));
}

/// The first of some members that there is, one text a feature; empty where there is none.
std::vector<std::string> feature_texts(const hdf5::File& file, const hdf5::Group& group,
                                       std::uint64_t features, std::initializer_list<const char*> members) {
  for (const char* member : members) {
    if (!group.is_dataset(member)) continue;
    const hdf5::Dataset dataset = group.dataset(member);
    const std::vector<std::uint64_t> shape = dataset.shape();
    if (shape.size() != 1 || shape.front() != features) {
      throw InputError(file.path(), group.name() + "/" + member,
                       shape.size() == 1 ? std::to_string(shape.front()) + " features" : "another shape",
                       std::to_string(features) + " as in the matrix");
    }
    return dataset.read_strings();
  }
  return {};
}

}  // namespace

std::vector<std::string> tenx_groups(const hdf5::File& file) {
  std::vector<std::string> names;
  for (const std::string& name : file.children()) {
    if (is_tenx_group(file, name)) names.push_back(name);
  }
  return names;
}

TenxH5Source::TenxH5Source(hdf5::File file, const CountSourceOptions& options)
    : CountSource(options.values),
      file_(std::move(file)),
      matrix_(open_tenx_matrix(file_, find_tenx_group(file_, options.matrix))),
      group_(file_.group(matrix_->name())),
      barcodes_(group_.dataset("barcodes")),
      has_features_(group_.is_group("features")) {
  const std::vector<std::uint64_t> shape = barcodes_.shape();
  if (shape.size() != 1 || shape.front() != cell_count()) {
    throw InputError(path(), matrix_name() + "/barcodes",
                     shape.size() == 1 ? std::to_string(shape.front()) + " cells" : "another shape",
                     std::to_string(cell_count()) + " as in the matrix");
  }
  read_features(options.matrix == "auto");
}

std::string TenxH5Source::format() const {
  if (!has_features_) return "10x .h5 (version 2)";
  return "10x .h5 (version 3)" + (genome_.empty() ? "" : ", " + genome_);
}

void TenxH5Source::read_features(bool choose_genome) {
  const hdf5::Group features = has_features_ ? group_.group("features") : group_;
  const std::uint64_t count = matrix_->columns();
  gene_symbols_ = feature_texts(file_, features, count, {"name", "gene_names", "gene_name"});
  gene_ids_ = feature_texts(file_, features, count, {"id", "genes", "gene_ids"});
  if (gene_ids_.empty()) gene_ids_ = std::exchange(gene_symbols_, {});
  if (gene_ids_.size() != count)
    throw InputError(path(), features.name(), "no ids of features", "id or genes");
  std::vector<std::string> types = feature_texts(file_, features, count, {"feature_type"});
  if (choose_genome) leave_out_other_genomes(feature_texts(file_, features, count, {"genome"}), types);
  if (!number_genes(types)) return;
  const auto keep_genes = [this](std::vector<std::string>& texts) {
    std::size_t feature = 0;
    std::erase_if(texts, [&](const std::string&) { return gene_of_feature_[feature++] == kNotAGene; });
  };
  keep_genes(gene_ids_);
  keep_genes(gene_symbols_);
}

void TenxH5Source::leave_out_other_genomes(const std::vector<std::string>& genomes,
                                           std::vector<std::string>& types) {
  std::set<std::string> human;
  std::set<std::string> others;
  for (std::size_t i = 0; i < genomes.size(); ++i) {
    if (!types.empty() && types[i] != kGeneExpression) continue;
    (is_human_genome(genomes[i]) ? human : others).insert(genomes[i]);
  }
  if (human.size() != 1 || others.empty()) return;
  genome_ = *human.begin();
  types.resize(genomes.size(), std::string(kGeneExpression));
  for (std::size_t i = 0; i < genomes.size(); ++i) {
    if (genomes[i] != genome_) types[i] = "a gene of another genome";
  }
}

bool TenxH5Source::number_genes(const std::vector<std::string>& types) {
  const auto genes = static_cast<std::size_t>(std::count(types.begin(), types.end(), kGeneExpression));
  if (genes == types.size()) return false;
  if (genes == 0) {
    const std::set<std::string> distinct(types.begin(), types.end());
    const std::vector<std::string> found(distinct.begin(), distinct.end());
    throw InputError(path(), matrix_name() + "/features/feature_type", support::join_words(found),
                     std::string(kGeneExpression));
  }
  std::uint32_t next = 0;
  for (const std::string& type : types)
    gene_of_feature_.push_back(type == kGeneExpression ? next++ : kNotAGene);
  return true;
}

std::vector<std::string> TenxH5Source::cell_ids(std::uint64_t first, std::uint64_t count) const {
  return barcodes_.read_strings(first, count);
}

void TenxH5Source::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  matrix_->read(first, max_cells, block);
  if (!gene_of_feature_.empty()) drop_other_features(block);
}

void TenxH5Source::drop_other_features(CountBlock& block) const {
  std::uint64_t kept = 0;
  std::uint64_t begin = 0;
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    const std::uint64_t end = block.offsets[cell + 1];
    for (std::uint64_t i = begin; i < end; ++i) {
      const std::uint32_t gene = gene_of_feature_[block.genes[i]];
      if (gene == kNotAGene) continue;
      block.genes[kept] = gene;
      block.counts[kept++] = block.counts[i];
    }
    begin = end;
    block.offsets[cell + 1] = kept;
  }
  block.genes.resize(kept);
  block.counts.resize(kept);
}

}  // namespace biodta::cells
