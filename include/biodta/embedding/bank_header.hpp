#pragma once
/// @file
/// What an embedding bank says before its rows begin.

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::embedding {

/// How values are stored; in memory they are float32.
enum class Precision { kFloat16, kFloat32 };
std::string to_string(Precision precision);

/// Where a bank's rows come from: free-form text attributes (reference_checksum, window, tss_policy,
/// model_checksum, …).
using Provenance = std::map<std::string, std::string>;

/// A gene that was asked for and has no row.
struct LeftOutGene {
  std::string gene_id;
  std::string symbol;
  std::string reason;
  bool operator==(const LeftOutGene&) const = default;
};

/// A context and how many genes have a row in it.
struct ContextSize {
  std::string name;
  std::uint64_t rows = 0;
  bool operator==(const ContextSize&) const = default;
};

struct BankHeader {
  std::vector<std::string> gene_ids;  ///< each gene once
  std::vector<std::string> symbols;   ///< [genes]
  std::uint64_t tokens_per_gene = 1;
  std::uint64_t width = 0;  ///< of a token
  Precision precision = Precision::kFloat32;
  Provenance provenance;
  std::vector<ContextSize> contexts;
  std::vector<float> known_bases;  ///< [genes] share of bases that are no N, 0 to 1; empty = not known
  std::vector<LeftOutGene> left_out;

  /// Values a row: tokens_per_gene × width.
  std::uint64_t row_size() const noexcept { return tokens_per_gene * width; }
};

/// Whether a context may have this name: some character, no slash, and not ".".
bool is_context_name(std::string_view name);
/// Throws Error where a value is not finite or beyond what the precision holds.
/// @param path  the bank that it is for.
void require_storable(std::span<const float> values, Precision precision, const std::filesystem::path& path);

}  // namespace biodta::embedding
