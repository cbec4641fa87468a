#pragma once
/// @file
/// What biodta-embed embeds: genes with the windows of DNA that their rows are made of.

#include <biodta/support/reporter.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// Why a gene can have no row: its DNA is not known.
struct UnknownDna {
  std::filesystem::path file;  ///< that is to blame
  std::string place;
  std::string found;  ///< the reason that a bank tells, too
  std::string expected;
};

/// The distinct windows of one gene, and its rows: each the mean of the embeddings of some of them.
struct GeneWindows {
  std::size_t count = 0;
  /// Makes window i; ACGTN, as long as the embedder wants it. Windows are made when they are embedded, since
  /// those of one gene in thousands of donors do not fit into memory together.
  std::function<std::string(std::size_t)> window;
  /// Contexts that have a row, ascending.
  std::vector<std::uint32_t> contexts;
  /// [1 + contexts.size()] the windows of each row, the reference row first. Each window of that row begins a
  /// family, which ends where the next begins: windows that differ from its first at few places.
  std::vector<std::vector<std::uint32_t>> rows;
  float known_bases = 1.0F;  ///< share of the reference windows' bases that are no N

  /// Windows that the rows ask for, each time anew.
  std::size_t asked() const {
    std::size_t sum = 0;
    for (const auto& row : rows) sum += row.size();
    return sum;
  }
};

/// Genes by number. Not thread-safe.
class EmbedSource {
 public:
  struct Name {
    std::string id;
    std::string symbol;
  };
  virtual ~EmbedSource() = default;
  virtual const std::vector<Name>& genes() const = 0;
  virtual const std::vector<std::string>& contexts() const = 0;
  /// Nothing where the gene can be embedded.
  virtual std::optional<UnknownDna> unknown_dna(std::size_t gene) const = 0;
  /// Of a gene whose DNA is known.
  virtual GeneWindows read(std::size_t gene) const = 0;
  /// Tells what was left out of the windows read so far.
  virtual void summarize(support::Reporter&) const {}
};

}  // namespace biodta::pipeline
