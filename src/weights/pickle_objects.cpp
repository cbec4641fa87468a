#include "pickle_objects.hpp"

#include "dtypes.hpp"

#include <algorithm>
#include <array>

namespace biodta::weights {
namespace {

constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kTorch = "torch.";

std::vector<std::int64_t> integers(const pickle::Value& value) {
  constexpr std::size_t kMostDimensions = 64;  // LibTorch's own limit
  const auto* const* list = std::get_if<pickle::List*>(&value);
  if (list == nullptr) throw PickleError("a tensor without sizes");
  if ((*list)->items.size() > kMostDimensions)
    throw PickleError("a tensor of " + std::to_string((*list)->items.size()) + " dimensions");
  std::vector<std::int64_t> numbers;
  for (const pickle::Value& item : (*list)->items) {
    const auto* number = std::get_if<std::int64_t>(&item);
    if (number == nullptr || *number < 0)
      throw PickleError("a tensor with a size or stride that is no whole number");
    numbers.push_back(*number);
  }
  return numbers;
}

/// Every element must lie in the storage, and a tensor may not have more elements than its storage (an
/// expanded view of a small file could ask for any amount of memory).
void require_bounds(const pickle::TensorView& view) {
  std::int64_t last = view.offset;
  std::int64_t count = 1;
  bool overflow = false;
  for (std::size_t i = 0; i < view.size.size(); ++i) {
    overflow |= __builtin_mul_overflow(count, view.size[i], &count);
    std::int64_t reach = 0;
    overflow |= __builtin_mul_overflow(std::max<std::int64_t>(view.size[i] - 1, 0), view.stride[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  const bool empty = std::find(view.size.begin(), view.size.end(), 0) != view.size.end();
  const bool inside = !overflow && count <= view.storage.count && last < view.storage.count;
  if (!inside && !(empty && !overflow && view.offset <= view.storage.count)) {
    throw PickleError("a tensor that reaches beyond its storage '" + std::string(view.storage.key) + "'");
  }
}

pickle::TensorView make_view(const std::vector<pickle::Value>& arguments) {
  // (storage, offset, size, stride, requires_grad, backward_hooks[, metadata])
  if (arguments.size() < 6) throw PickleError("a tensor with too few arguments");
  const auto* storage = std::get_if<pickle::Storage>(&arguments[0]);
  const auto* offset = std::get_if<std::int64_t>(&arguments[1]);
  if (storage == nullptr || offset == nullptr || *offset < 0)
    throw PickleError("a tensor without a storage and an offset");
  pickle::TensorView view{*storage, *offset, integers(arguments[2]), integers(arguments[3])};
  if (view.size.size() != view.stride.size()) throw PickleError("a tensor with other strides than sizes");
  require_bounds(view);
  return view;
}

}  // namespace

bool is_allowed_global(std::string_view name) {
  if (name == kOrderedDict || name == kRebuildTensor || name == kRebuildParameter) return true;
  return name.starts_with(kTorch) && dtype_from_storage(name.substr(kTorch.size())).has_value();
}

pickle::Storage make_storage(const pickle::Value& id) {
  const auto* const* tuple = std::get_if<pickle::List*>(&id);
  if (tuple == nullptr || (*tuple)->items.size() != 5) throw PickleError("a storage of another form");
  const std::vector<pickle::Value>& items = (*tuple)->items;
  const auto* kind = std::get_if<std::string_view>(&items[0]);
  const auto* type = std::get_if<pickle::Global>(&items[1]);
  const auto* key = std::get_if<std::string_view>(&items[2]);
  const auto* count = std::get_if<std::int64_t>(&items[4]);
  const bool known =
      kind != nullptr && *kind == "storage" && type != nullptr && type->name.starts_with(kTorch);
  if (!known || key == nullptr || count == nullptr || *count < 0)
    throw PickleError("a storage of another form");
  const auto dtype = dtype_from_storage(std::string_view(type->name).substr(kTorch.size()));
  if (!dtype) throw PickleError("a storage of type " + type->name);
  return {*key, *dtype, *count};
}

pickle::TensorView make_tensor(std::string_view function, const std::vector<pickle::Value>& arguments) {
  if (function == kRebuildTensor) return make_view(arguments);
  if (function != kRebuildParameter) throw PickleError("a call of '" + std::string(function) + "'");
  // (data, requires_grad, backward_hooks)
  const auto* data = arguments.empty() ? nullptr : std::get_if<pickle::TensorView>(&arguments[0]);
  if (data == nullptr) throw PickleError("a parameter without a tensor");
  return *data;
}

}  // namespace biodta::weights
