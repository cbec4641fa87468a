#include <biodta/model/initial_weights.hpp>
#include <biodta/support/random.hpp>

namespace biodta::model {
namespace {

/// FNV-1a: a name's key for its random stream.
std::uint64_t key_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace

void draw_normal(const torch::Tensor& parameter, std::uint64_t seed, std::string_view name,
                 double deviation) {
  auto random = support::RandomStream::of({seed, key_of(name)});
  auto values = torch::empty(parameter.sizes(), torch::kFloat32);
  float* const value = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i)
    value[i] = static_cast<float>(random.normal(0.0, deviation));
  const torch::NoGradGuard no_gradient;
  parameter.copy_(values);
}

}  // namespace biodta::model
