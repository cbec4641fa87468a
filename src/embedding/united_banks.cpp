#include <biodta/embedding/united_banks.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

namespace biodta::embedding {
namespace {

constexpr std::array<std::string_view, 6> kOrigin{
    "model_checksum", "readout", "window", "genome_checksum", "sequences_checksum", "tss_policy"};

/// Largest relative difference of two files' rows of the same DNA: float16 makes 5e-4.
constexpr double kRounding = 2e-3;

bool are_same(std::span<const float> a, std::span<const float> b) {
  return relative_difference(b, a) <= kRounding;
}

/// Names of the contexts of any of the banks, in their order.
template <class Banks, class BankOf>
std::set<std::string> all_contexts(const Banks& banks, const BankOf& bank_of) {
  std::set<std::string> names;
  for (const auto& entry : banks) {
    const auto& own = bank_of(entry).context_names();
    names.insert(own.begin(), own.end());
  }
  return names;
}

std::string shape_of(const EmbeddingBank& bank) {
  return std::to_string(bank.tokens_per_gene()) + " x " + std::to_string(bank.width());
}

/// Attributes of a joined bank: checksums of the reference rows of the second kind on.
constexpr std::string_view kFurtherRows = "further_rows_";

struct BankFile {
  std::filesystem::path path;
  EmbeddingBank bank;
};

class BankUnion {
 public:
  explicit BankUnion(std::span<const std::filesystem::path> paths) {
    for (const auto& path : paths) {
      files_.push_back({path, EmbeddingBank::read(path)});
      require_alike(files_.back());
    }
  }

  EmbeddingBank make() {
    add_genes();
    EmbeddingBank all(std::move(gene_ids_), std::move(symbols_), first().tokens_per_gene(), first().width(),
                      std::move(reference_), provenance());
    for (const auto& name :
         all_contexts(files_, [](const BankFile& file) -> const EmbeddingBank& { return file.bank; }))
      add_context(all, name);
    if (known_bases_.size() == all.gene_count()) all.set_known_bases(std::move(known_bases_));
    all.set_left_out(left_out(all));
    return all;
  }

 private:
  const EmbeddingBank& first() const { return files_.front().bank; }

  void require_alike(const BankFile& file) const {
    const auto& front = files_.front();
    const auto fail = [&](const std::string& place, const std::string& found, const std::string& expected) {
      throw InputError(file.path, place, found, expected + ", as in " + front.path.string(),
                       "only rows that were made alike can serve one model");
    };
    if (shape_of(file.bank) != shape_of(front.bank))
      fail("reference", shape_of(file.bank), shape_of(front.bank));
    const auto& found = file.bank.provenance();
    const auto& expected = front.bank.provenance();
    if (const auto name = disagreement(found, expected)) fail(*name, found.at(*name), expected.at(*name));
  }

  [[noreturn]] static void refuse_row(const BankFile& file, const BankFile& other, std::uint32_t gene,
                                      const std::string& where) {
    throw InputError(file.path, "row of " + file.bank.gene_ids()[gene] + where,
                     "another than in " + other.path.string(), "the same",
                     "only rows that were made alike can serve one model");
  }

  void add_genes() {
    const bool all_know = std::all_of(files_.begin(), files_.end(),
                                      [](const BankFile& file) { return !file.bank.known_bases().empty(); });
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto& bank = files_[i].bank;
      for (std::uint32_t gene = 0; gene < bank.gene_count(); ++gene) {
        const auto before = first_with(bank.gene_ids()[gene], i);
        if (before) {
          const auto& other = files_[before->file];
          if (!are_same(other.bank.row(before->gene), bank.row(gene))) refuse_row(files_[i], other, gene, "");
          continue;
        }
        gene_ids_.push_back(bank.gene_ids()[gene]);
        symbols_.push_back(bank.symbols()[gene]);
        const auto row = bank.row(gene);
        reference_.insert(reference_.end(), row.begin(), row.end());
        if (all_know) known_bases_.push_back(bank.known_bases()[gene]);
      }
    }
  }

  struct Place {
    std::size_t file;
    std::uint32_t gene;
  };

  /// The first of the files before `end` that has the gene.
  std::optional<Place> first_with(const std::string& gene_id, std::size_t end) const {
    for (std::size_t i = 0; i < end; ++i)
      if (const auto gene = files_[i].bank.gene_index(gene_id)) return Place{i, *gene};
    return std::nullopt;
  }

  /// A file that has the context of which rows are gathered.
  struct FileInContext {
    const BankFile* file;
    ContextIndex context;
  };

  void add_context(EmbeddingBank& all, const std::string& name) const {
    std::vector<FileInContext> with;
    for (const auto& file : files_)
      if (const auto context = file.bank.context_index(name)) with.push_back({&file, *context});
    std::vector<std::uint32_t> genes;
    std::vector<float> values;
    for (std::uint32_t gene = 0; gene < all.gene_count(); ++gene) {
      const auto row = row_in(with, all.gene_ids()[gene], name);
      if (row.empty()) continue;
      genes.push_back(gene);
      values.insert(values.end(), row.begin(), row.end());
    }
    all.add_context(name, std::move(genes), values);
  }

  /// The context's own row of a gene, which all files with the gene and the context must agree on; empty
  /// where the reference serves.
  static std::span<const float> row_in(const std::vector<FileInContext>& with, const std::string& gene_id,
                                       const std::string& name) {
    const BankFile* told_by = nullptr;
    std::span<const float> told;
    bool is_own = false;
    for (const auto& [file, context] : with) {
      const auto gene = file->bank.gene_index(gene_id);
      if (!gene) continue;
      const auto index = file->bank.row_of(*gene, context);
      const auto row = file->bank.row(index);
      if (told_by == nullptr) {
        told_by = file;
        told = row;
        is_own = index != *gene;
      } else if (!are_same(told, row)) {
        refuse_row(*file, *told_by, *gene, " in '" + name + "'");
      }
    }
    return is_own ? told : std::span<const float>();
  }

  Provenance provenance() const {
    Provenance common = first().provenance();
    for (const auto& file : files_) {
      std::erase_if(common, [&](const auto& entry) {
        const auto found = file.bank.provenance().find(entry.first);
        return found == file.bank.provenance().end() || found->second != entry.second;
      });
    }
    return common;
  }

  std::vector<LeftOutGene> left_out(const EmbeddingBank& all) const {
    std::vector<LeftOutGene> genes;
    std::set<std::string> seen;
    for (const auto& file : files_) {
      for (const auto& gene : file.bank.left_out())
        if (!all.gene_index(gene.gene_id) && seen.insert(gene.gene_id).second) genes.push_back(gene);
    }
    return genes;
  }

  std::vector<BankFile> files_;
  std::vector<std::string> gene_ids_, symbols_;
  std::vector<float> reference_, known_bases_;
};

/// Joins rows of several banks.
class BankJoin {
 public:
  explicit BankJoin(const std::vector<EmbeddingBank>& banks) : banks_(banks) {
    const auto& ids = banks.front().gene_ids();
    for (std::uint32_t gene = 0; gene < ids.size(); ++gene) {
      std::vector<std::uint32_t> places;
      for (const auto& bank : banks)
        if (const auto place = bank.gene_index(ids[gene])) places.push_back(*place);
      if (places.size() == banks.size()) genes_.push_back(std::move(places));
    }
  }

  EmbeddingBank make() const {
    const auto& first = banks_.front();
    std::vector<std::string> ids, symbols;
    std::vector<float> reference, known_bases;
    const std::vector<ContextIndex> in_reference(banks_.size(), kReference);
    for (const auto& places : genes_) {
      ids.push_back(first.gene_ids()[places.front()]);
      symbols.push_back(first.symbols()[places.front()]);
      if (!first.known_bases().empty()) known_bases.push_back(first.known_bases()[places.front()]);
      append_row(places, in_reference, reference);
    }
    std::vector<std::size_t> parts;
    for (const auto& bank : banks_) parts.push_back(bank.row_size());
    const auto width = std::accumulate(parts.begin(), parts.end(), std::size_t{0});
    EmbeddingBank joined(std::move(ids), std::move(symbols), 1, width, std::move(reference), provenance());
    joined.set_parts(std::move(parts));
    if (!known_bases.empty()) joined.set_known_bases(std::move(known_bases));
    joined.set_left_out(first.left_out());
    add_contexts(joined);
    return joined;
  }

 private:
  Provenance provenance() const {
    auto provenance = banks_.front().provenance();
    for (std::size_t i = 1; i < banks_.size(); ++i) {
      const auto reference = banks_[i].values().first(banks_[i].gene_count() * banks_[i].row_size());
      provenance[std::string(kFurtherRows) + std::to_string(i)] =
          support::bytes_checksum(std::as_bytes(reference));
    }
    return provenance;
  }

  /// @param contexts  [banks] of each part.
  /// @return whether a part is the context's own.
  bool append_row(const std::vector<std::uint32_t>& places, const std::vector<ContextIndex>& contexts,
                  std::vector<float>& to) const {
    bool own = false;
    for (std::size_t i = 0; i < banks_.size(); ++i) {
      const auto index = banks_[i].row_of(places[i], contexts[i]);
      own = own || index != places[i];
      const auto row = banks_[i].row(index);
      to.insert(to.end(), row.begin(), row.end());
    }
    return own;
  }

  void add_contexts(EmbeddingBank& joined) const {
    for (const auto& name : all_contexts(banks_, std::identity())) {
      std::vector<ContextIndex> contexts;
      for (const auto& bank : banks_) contexts.push_back(bank.context_index(name).value_or(kReference));
      std::vector<std::uint32_t> genes;
      std::vector<float> values;
      for (std::uint32_t gene = 0; gene < genes_.size(); ++gene) {
        const auto before = values.size();
        if (append_row(genes_[gene], contexts, values))
          genes.push_back(gene);
        else
          values.resize(before);
      }
      joined.add_context(name, std::move(genes), values);
    }
  }

  const std::vector<EmbeddingBank>& banks_;
  std::vector<std::vector<std::uint32_t>> genes_;  // [genes of all banks][banks] where each bank has it
};

}  // namespace

EmbeddingBank join_banks(std::vector<EmbeddingBank> banks) {
  if (banks.empty()) throw Error("embedding banks: none was given");
  if (banks.size() == 1) return std::move(banks.front());
  return BankJoin(banks).make();
}

EmbeddingBank read_banks(std::span<const std::filesystem::path> paths) {
  if (paths.empty()) throw Error("embedding banks: none was named");
  if (paths.size() == 1) return EmbeddingBank::read(paths.front());
  return BankUnion(paths).make();
}

double relative_difference(std::span<const float> found, std::span<const float> expected) {
  double difference = 0.0, size = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double apart = double{found[i]} - double{expected[i]};
    difference += apart * apart;
    size += double{expected[i]} * double{expected[i]};
  }
  return size > 0.0 ? std::sqrt(difference / size) : (difference > 0.0 ? 1.0 : 0.0);
}

std::optional<std::string> disagreement(const Provenance& a, const Provenance& b) {
  const auto in_b = origin_of(b);
  for (const auto& [name, value] : origin_of(a)) {
    const auto other = in_b.find(name);
    if (other != in_b.end() && other->second != value) return name;
  }
  return std::nullopt;
}

Provenance origin_of(const Provenance& provenance) {
  Provenance origin;
  for (const auto& entry : provenance) {
    const bool known = std::find(kOrigin.begin(), kOrigin.end(), entry.first) != kOrigin.end();
    if (known || entry.first.starts_with(kFurtherRows)) origin.insert(entry);
  }
  return origin;
}

}  // namespace biodta::embedding
