#include <biodta/cells/gene_ids.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace biodta::cells {
namespace {

constexpr std::string_view kDigits0To9 = "0123456789";
constexpr std::string_view kParY = "_PAR_Y";
constexpr std::string_view kOldParY = "ENSGR";
constexpr std::string_view kHumanGene = "ENSG";

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits0To9) == std::string_view::npos;
}

/// "GRCh38_ENSG…" and "mm10___ENSMUSG…" without the genome.
std::string_view without_genome(std::string_view id) {
  const std::size_t at = id.find("_ENS");
  return at == std::string_view::npos || id.starts_with("ENS") ? id : id.substr(at + 1);
}

std::string_view without_version(std::string_view id) {
  const std::size_t dot = id.rfind('.');
  return dot != std::string_view::npos && all_digits(id.substr(dot + 1)) ? id.substr(0, dot) : id;
}

/// MT-ND1 to MT-TP in the order of their ids; Ensembl gives the same ones in every release.
constexpr std::array<std::string_view, 37> kMitochondrial = {
    "ENSG00000198695", "ENSG00000198712", "ENSG00000198727", "ENSG00000198763", "ENSG00000198786",
    "ENSG00000198804", "ENSG00000198840", "ENSG00000198886", "ENSG00000198888", "ENSG00000198899",
    "ENSG00000198938", "ENSG00000209082", "ENSG00000210049", "ENSG00000210077", "ENSG00000210082",
    "ENSG00000210100", "ENSG00000210107", "ENSG00000210112", "ENSG00000210117", "ENSG00000210127",
    "ENSG00000210135", "ENSG00000210140", "ENSG00000210144", "ENSG00000210151", "ENSG00000210154",
    "ENSG00000210156", "ENSG00000210164", "ENSG00000210174", "ENSG00000210176", "ENSG00000210184",
    "ENSG00000210191", "ENSG00000210194", "ENSG00000210195", "ENSG00000210196", "ENSG00000211459",
    "ENSG00000212907", "ENSG00000228253"};

bool is_capital_word(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

/// "Gata4", "Actb": a capital and then small letters, as mouse and rat symbols are.
bool is_title_word(std::string_view id) {
  return id.size() > 2 && std::isupper(static_cast<unsigned char>(id[0])) != 0 &&
         std::islower(static_cast<unsigned char>(id[1])) != 0;
}

/// One kind of ids and how to tell it; the first that fits names an id.
struct Kind {
  std::string_view name;
  bool (*fits)(std::string_view id);
};
constexpr std::array<Kind, 9> kKinds = {{
    {"human Ensembl gene ids", [](std::string_view id) { return id.starts_with("ENSG"); }},
    {"mouse Ensembl gene ids", [](std::string_view id) { return id.starts_with("ENSMUSG"); }},
    {"Ensembl transcript ids",
     [](std::string_view id) {
       return looks_like_ensembl(id) && id.find('T') < id.find_first_of(kDigits0To9);
     }},
    {"Ensembl ids of another species", looks_like_ensembl},
    {"Entrez or other numbers", all_digits},
    {"microarray probes",
     [](std::string_view id) {
       return id.ends_with("_at") || id.starts_with("ILMN_") || id.starts_with("A_23_P");
     }},
    {"RefSeq ids",
     [](std::string_view id) {
       return id.starts_with("NM_") || id.starts_with("NR_") || id.starts_with("XM_");
     }},
    {"gene symbols (human)", is_capital_word},
    {"gene symbols of mouse or rat", is_title_word},
}};

}  // namespace

bool looks_like_ensembl(std::string_view id) {
  const std::string_view rest = without_genome(id);
  if (!rest.starts_with("ENS")) return false;
  const std::size_t digit = rest.find_first_of(kDigits0To9);
  return digit != std::string_view::npos &&
         std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(digit),
                     [](unsigned char c) { return std::isupper(c) != 0 || c == '_'; });
}

bool mostly_ensembl(std::span<const std::string> ids) {
  const auto count = std::count_if(ids.begin(), ids.end(), looks_like_ensembl);
  return static_cast<std::size_t>(count) * 2 > ids.size();
}

std::string canonical_gene_id(std::string_view id) {
  if (!looks_like_ensembl(id)) return std::string(id);
  id = without_genome(id);
  if (id.ends_with(kParY)) id.remove_suffix(kParY.size());
  id = without_version(id);
  if (id.starts_with(kOldParY))
    return std::string(kHumanGene) + "0" + std::string(id.substr(kOldParY.size()));
  return std::string(id);
}

std::optional<std::string> old_par_y_id(std::string_view id) {
  const std::string gene = canonical_gene_id(id);
  const bool on_y = id.ends_with(kParY) || without_genome(id).starts_with(kOldParY);
  if (!on_y || !gene.starts_with("ENSG0")) return std::nullopt;
  return std::string(kOldParY) + gene.substr(kHumanGene.size() + 1);
}

GeneSymbols GeneSymbols::read(const std::filesystem::path& path) {
  const support::Table table = support::read_table(path);
  const std::size_t symbol = table.column("symbol");
  const std::size_t id =
      table.has_column("ensembl_id") ? table.column("ensembl_id") : table.column("gene_id");
  GeneSymbols symbols;
  for (const auto& row : table.rows) {
    if (!row[symbol].empty() && !row[id].empty())
      symbols.ids_[row[symbol]].push_back(canonical_gene_id(row[id]));
  }
  if (symbols.empty()) throw InputError(path, "", "no symbol", "at least one");
  return symbols;
}

std::span<const std::string> GeneSymbols::ids(std::string_view symbol) const {
  const auto found = ids_.find(std::string(symbol));
  if (found == ids_.end()) return {};
  return found->second;
}

std::string kind_of_gene_ids(std::span<const std::string> ids) {
  std::array<std::size_t, kKinds.size()> counts{};
  for (const std::string& id : ids) {
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.fits(id); });
    if (kind != kKinds.end()) ++counts[static_cast<std::size_t>(kind - kKinds.begin())];
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  if (*most * 2 <= ids.size()) return {};
  return std::string(kKinds[static_cast<std::size_t>(most - counts.begin())].name);
}

std::vector<std::uint8_t> find_mitochondrial(std::span<const std::string> ids,
                                             std::span<const std::string> symbols) {
  const auto by_symbol = [](std::string_view symbol) {
    return symbol.starts_with("MT-") || symbol.starts_with("mt-");
  };
  std::vector<std::uint8_t> found(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool known =
        std::binary_search(kMitochondrial.begin(), kMitochondrial.end(), canonical_gene_id(ids[i]));
    found[i] = known || by_symbol(ids[i]) || (i < symbols.size() && by_symbol(symbols[i])) ? 1 : 0;
  }
  return found;
}

}  // namespace biodta::cells
