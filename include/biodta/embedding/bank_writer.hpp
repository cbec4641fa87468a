#pragma once
/// @file
/// Writes an embedding bank row by row. Format in docs/formats.md.

#include <biodta/embedding/bank_header.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace biodta::embedding {

/// Rows may come gene by gene or context by context: the file's bytes are the same. Memory grows with the
/// number of genes and of contexts, not with their product. Not thread-safe.
class BankWriter {
 public:
  /// Values held before they are written: several megabytes a write, for contexts of few rows each too.
  static constexpr std::size_t kBufferedValues = std::size_t{1} << 23;

  /// Begins the file beside its name, where it stands only after finish(). Throws Error for a header that
  /// does not fit together, InputError where the file cannot be made.
  BankWriter(const std::filesystem::path& path, BankHeader header,
             std::size_t buffered_values = kBufferedValues);
  ~BankWriter();
  BankWriter(const BankWriter&) = delete;
  BankWriter& operator=(const BankWriter&) = delete;

  /// The reference rows of the next genes: any number of rows, [rows, row_size]. Throws Error for values that
  /// cannot be stored.
  void append_reference(std::span<const float> rows);
  /// The next rows of a context (an index into the header's), [genes.size(), row_size]. Genes of one context
  /// ascend.
  void append_context(std::size_t context, std::span<const std::uint32_t> genes, std::span<const float> rows);
  /// Syncs and renames. Throws Error where rows that the header promised did not come.
  void finish();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::embedding
