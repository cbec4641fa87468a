#pragma once
/// @file
/// Enformer's fixed basis of relative positions (Avsec et al. 2021, Supplementary Methods).

#include <torch/types.h>

#include <cstdint>

namespace biodta::enformer {

/// Features of the distances −(N−1) … N−1 between N bins: [2N − 1, features] float32, computed in float64.
///
/// Three families of `features`/6 columns each, then the same columns times the sign of the distance:
/// - exponential decay, half-lives 2^linspace(3, log2 N) bins;
/// - central mask, 1 where 2^k − 1 > |d|, k = 1, 2, …;
/// - gamma densities with means linspace(N/F, N) and standard deviation N/(2F), F columns, each column
/// divided by its
///   maximum over the *distances*, as the TensorFlow original does (enformer-pytorch without its table
///   divides by the maximum over the columns, which is another basis).
///
/// @param features  a positive multiple of 6. Throws ConfigError otherwise, or when bins < 1.
/// @param gammas_PG [2N − 1, features / 6]: gamma columns to take instead of computing them, such as the
/// table
///                  that the TensorFlow original made for the published model; undefined = computed.
torch::Tensor positional_basis(std::int64_t bins, std::int64_t features, const torch::Tensor& gammas_PG = {});

}  // namespace biodta::enformer
