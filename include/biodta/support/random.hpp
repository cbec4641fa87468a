#pragma once
/// @file
/// Random numbers that are the same on every machine, whatever its standard library.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace biodta::support {

/// A SplitMix64 stream (Steele, Lea & Flood 2014): 16 bytes of state, cheap to seed, so that each cell, gene
/// or trial has its own stream and results do not depend on who draws first. A UniformRandomBitGenerator.
/// Distributions come from Boost.Random, whose algorithms (unlike the standard library's) are fixed.
class RandomStream {
 public:
  using result_type = std::uint64_t;

  explicit RandomStream(std::uint64_t seed = 0) noexcept : state_(seed) {}
  /// The stream that belongs to a tuple of keys, for example {seed, epoch, cell}; order matters.
  static RandomStream of(std::initializer_list<std::uint64_t> keys) noexcept;

  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return ~std::uint64_t{0}; }
  result_type operator()() noexcept;

  /// Uniform in [0, 1), 53 bits.
  double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// Uniform in [0, n), without modulo bias. n must be positive.
  std::uint64_t below(std::uint64_t n) noexcept;
  bool bernoulli(double probability) noexcept { return uniform() < probability; }
  double normal(double mean = 0.0, double standard_deviation = 1.0);
  std::int64_t poisson(double mean);
  double gamma(double shape, double scale);

  /// Fisher-Yates, in place.
  template <class T>
  void shuffle(std::vector<T>& values) noexcept {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

  /// The whole state; a stream made from it continues where this one is.
  std::uint64_t state() const noexcept { return state_; }

 private:
  std::uint64_t state_;
};

}  // namespace biodta::support
