#include <biodta/support/random.hpp>

#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>

namespace biodta::support {
namespace {

constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

/// The finaliser of SplitMix64 (Stafford's variant 13 of MurmurHash3's).
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

RandomStream RandomStream::of(std::initializer_list<std::uint64_t> keys) noexcept {
  std::uint64_t state = 0;
  // Each key is mixed into what came before, so that {1, 2} and {2, 1} (and {1} and {1, 0}) are far apart.
  for (const std::uint64_t key : keys) state = mix(state + kGoldenGamma) ^ mix(key + kGoldenGamma * 2);
  return RandomStream(mix(state + kGoldenGamma));
}

RandomStream::result_type RandomStream::operator()() noexcept {
  state_ += kGoldenGamma;
  return mix(state_);
}

std::uint64_t RandomStream::below(std::uint64_t n) noexcept {
  // Lemire, "Fast random integer generation in an interval" (2019).
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>((*this)()) * n;
  auto low = static_cast<std::uint64_t>(product);
  if (low < n) {
    const std::uint64_t threshold = (std::uint64_t{0} - n) % n;
    while (low < threshold) {
      product = static_cast<Wide>((*this)()) * n;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::normal(double mean, double standard_deviation) {
  return boost::random::normal_distribution<double>(mean, standard_deviation)(*this);
}

std::int64_t RandomStream::poisson(double mean) {
  if (mean <= 0.0) return 0;
  return boost::random::poisson_distribution<std::int64_t, double>(mean)(*this);
}

double RandomStream::gamma(double shape, double scale) {
  return boost::random::gamma_distribution<double>(shape, scale)(*this);
}

}  // namespace biodta::support
