#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <sstream>

namespace biodta::weights {
namespace {

NamedTensors named_state(const torch::nn::Module& module) {
  NamedTensors state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value());
  for (const auto& item : module.named_buffers()) state.emplace(item.key(), item.value());
  return state;
}

std::string shape_text(const torch::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

/// "2 missing (a, b)"; at most three are named.
void append_group(std::string& text, const std::vector<std::string>& names, const char* what) {
  constexpr std::size_t kShown = 3;
  if (names.empty()) return;
  text += (text.empty() ? "" : ", ") + std::to_string(names.size()) + " " + what + " (";
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  text += names.size() > kShown ? ", …)" : ")";
}

void require_same(const NamedTensors& state, const NamedTensors& tensors, const std::filesystem::path& origin,
                  const std::vector<std::string>& ignore_missing) {
  std::vector<std::string> missing;
  std::vector<std::string> misshaped;
  std::vector<std::string> unexpected;
  for (const auto& [name, target] : state) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      const bool ignored =
          std::find(ignore_missing.begin(), ignore_missing.end(), name) != ignore_missing.end();
      if (!ignored) missing.push_back(name);
    } else if (found->second.sizes() != target.sizes()) {
      misshaped.push_back(name + " " + shape_text(found->second) + " for " + shape_text(target));
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (!state.contains(name)) unexpected.push_back(name);
  }
  std::string found;
  append_group(found, missing, "missing");
  append_group(found, unexpected, "unexpected");
  append_group(found, misshaped, "of another shape");
  if (!found.empty())
    throw InputError(origin, "tensors", found, "the model's own " + std::to_string(state.size()),
                     "weights and configuration are not of one model");
}

bool may_be_taken(const torch::Tensor& source, const torch::Tensor& target) {
  return source.scalar_type() == target.scalar_type() && source.device() == target.device() &&
         source.is_contiguous() && !source.requires_grad();
}

}  // namespace

NamedTensors state_of(const torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  NamedTensors state = named_state(module);
  for (auto& [name, tensor] : state)
    tensor = tensor.detach().to(torch::kCPU).clone(torch::MemoryFormat::Contiguous);
  return state;
}

void load_state(torch::nn::Module& module, const NamedTensors& tensors, const std::filesystem::path& origin,
                const std::vector<std::string>& ignore_missing) {
  const torch::NoGradGuard no_grad;
  NamedTensors state = named_state(module);
  require_same(state, tensors, origin, ignore_missing);
  for (auto& [name, target] : state) {
    const auto source = tensors.find(name);
    if (source != tensors.end()) target.copy_(source->second);
  }
}

void take_state(torch::nn::Module& module, NamedTensors&& tensors, const std::filesystem::path& origin,
                const std::vector<std::string>& ignore_missing) {
  const torch::NoGradGuard no_grad;
  NamedTensors state = named_state(module);
  require_same(state, tensors, origin, ignore_missing);
  for (auto& [name, target] : state) {
    const auto source = tensors.find(name);
    if (source == tensors.end()) continue;
    if (may_be_taken(source->second, target)) {
      target.set_data(source->second);
    } else {
      target.copy_(source->second);
    }
    tensors.erase(source);
  }
}

}  // namespace biodta::weights
