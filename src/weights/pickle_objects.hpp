#pragma once
/// @file
/// The few objects that a pickle of weights may name.

#include "pickle.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace biodta::weights {

inline constexpr std::string_view kOrderedDict = "collections.OrderedDict";

bool is_allowed_global(std::string_view name);
/// From the persistent id ('storage', torch.FloatStorage, key, location, count). Throws PickleError.
pickle::Storage make_storage(const pickle::Value& id);
/// What torch._utils._rebuild_tensor_v2 or _rebuild_parameter would return, as a description. Throws
/// PickleError.
pickle::TensorView make_tensor(std::string_view function, const std::vector<pickle::Value>& arguments);

}  // namespace biodta::weights
