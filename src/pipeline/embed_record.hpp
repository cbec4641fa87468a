#pragma once
/// @file
/// What the journal of biodta-embed keeps of one gene.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::pipeline {

struct GeneRecord {
  std::string left_out;                 ///< why the gene has no row; then nothing else is set
  float known_bases = 1.0F;             ///< share of bases that are no N
  std::uint64_t embedded = 0;           ///< windows that went through the Enformer
  std::uint64_t asked = 0;              ///< windows that its rows are made of; the difference was saved
  std::vector<std::uint32_t> contexts;  ///< that have a row, ascending
  std::vector<float> values;            ///< [1 + contexts, row size], the reference row first
  std::vector<double> predictions;      ///< [1 + contexts, tracks]
  bool operator==(const GeneRecord&) const = default;
};

std::vector<std::byte> encode(const GeneRecord& record);
/// Nothing for bytes that are no record of rows and predictions of these sizes.
std::optional<GeneRecord> decode(std::span<const std::byte> bytes, std::size_t row_size, std::size_t tracks);

}  // namespace biodta::pipeline
