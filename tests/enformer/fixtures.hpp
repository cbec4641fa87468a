#pragma once
// enformer-pytorch's numbers (scripts/fixtures/enformer.py), read for the tests of this room.

#include "testing.hpp"

#include <biodta/enformer/one_hot.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <vector>

namespace biodta::enformer::testing {

using biodta::testing::fixture;

inline weights::NamedTensors expected(const std::string& name) {
  return weights::read_tensors(fixture("enformer") / name / "expected.safetensors").tensors;
}

/// [B, L] uint8 base indices, 4 = N, as text.
inline std::vector<std::string> windows_of(const torch::Tensor& bases_BL) {
  const auto bases = bases_BL.contiguous();
  std::vector<std::string> windows;
  for (std::int64_t b = 0; b < bases.size(0); ++b) {
    std::string window;
    for (std::int64_t i = 0; i < bases.size(1); ++i) window += "ACGTN"[bases[b][i].item<int>()];
    windows.push_back(window);
  }
  return windows;
}

/// Largest |a − b| over the largest |b|.
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) {
    ADD_FAILURE() << "shapes differ: " << a.sizes() << " and " << b.sizes();
    return 1.0;
  }
  const auto difference = (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max();
  return (difference / b.to(torch::kFloat64).abs().max().clamp_min(1e-12)).item<double>();
}

}  // namespace biodta::enformer::testing
