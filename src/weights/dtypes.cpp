#include "dtypes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace biodta::weights {
namespace {

using Named = std::pair<std::string_view, torch::ScalarType>;

// In the order in which the reference implementation lays tensors out: widest first.
constexpr std::array<Named, 15> kSafetensors = {{{"U64", torch::kUInt64},
                                                 {"I64", torch::kInt64},
                                                 {"F64", torch::kFloat64},
                                                 {"F32", torch::kFloat32},
                                                 {"U32", torch::kUInt32},
                                                 {"I32", torch::kInt32},
                                                 {"BF16", torch::kBFloat16},
                                                 {"F16", torch::kFloat16},
                                                 {"U16", torch::kUInt16},
                                                 {"I16", torch::kInt16},
                                                 {"F8_E4M3", torch::kFloat8_e4m3fn},
                                                 {"F8_E5M2", torch::kFloat8_e5m2},
                                                 {"I8", torch::kInt8},
                                                 {"U8", torch::kUInt8},
                                                 {"BOOL", torch::kBool}}};

constexpr std::array<Named, 10> kStorages = {{{"DoubleStorage", torch::kFloat64},
                                              {"FloatStorage", torch::kFloat32},
                                              {"HalfStorage", torch::kFloat16},
                                              {"BFloat16Storage", torch::kBFloat16},
                                              {"LongStorage", torch::kInt64},
                                              {"IntStorage", torch::kInt32},
                                              {"ShortStorage", torch::kInt16},
                                              {"CharStorage", torch::kInt8},
                                              {"ByteStorage", torch::kUInt8},
                                              {"BoolStorage", torch::kBool}}};

template <std::size_t N>
std::optional<torch::ScalarType> find(const std::array<Named, N>& names, std::string_view name) {
  for (const auto& [text, dtype] : names) {
    if (text == name) return dtype;
  }
  return std::nullopt;
}

}  // namespace

std::optional<torch::ScalarType> dtype_from_safetensors(std::string_view name) {
  return find(kSafetensors, name);
}

std::optional<std::string_view> safetensors_name(torch::ScalarType dtype) {
  for (const auto& [text, known] : kSafetensors) {
    if (known == dtype) return text;
  }
  return std::nullopt;
}

std::size_t safetensors_rank(torch::ScalarType dtype) {
  const auto* const found = std::find_if(kSafetensors.begin(), kSafetensors.end(),
                                         [&](const Named& known) { return known.second == dtype; });
  return static_cast<std::size_t>(found - kSafetensors.begin());
}

std::optional<torch::ScalarType> dtype_from_storage(std::string_view name) {
  return find(kStorages, name);
}

}  // namespace biodta::weights
