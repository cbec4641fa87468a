#pragma once
/// @file
/// Reads an embedding bank in blocks of rows. Format in docs/formats.md.

#include <biodta/embedding/bank_header.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace biodta::embedding {

/// An open bank of which only the header is in memory. EmbeddingBank::read takes the whole. Every function
/// throws InputError, naming the dataset, for what is damaged. Not thread-safe.
class BankReader {
 public:
  explicit BankReader(const std::filesystem::path& path);
  ~BankReader();
  BankReader(BankReader&&) noexcept;
  BankReader& operator=(BankReader&&) noexcept;

  const std::filesystem::path& path() const noexcept;
  /// Contexts come in the order of their names.
  const BankHeader& header() const noexcept;
  /// @param out  [count, row_size]
  void read_reference(std::uint64_t first, std::uint64_t count, std::span<float> out) const;
  /// Indices of all genes that have a row in a context, ascending.
  std::vector<std::uint32_t> context_genes(std::size_t context) const;
  /// @param out  [count, row_size]
  void read_context(std::size_t context, std::uint64_t first, std::uint64_t count,
                    std::span<float> out) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::embedding
