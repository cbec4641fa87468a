#include "recompute.hpp"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/Generator.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <mutex>
#include <optional>
#include <utility>

namespace biodta::model {
namespace {

at::Generator generator_of(torch::Device device) {
  return at::globalContext().defaultGenerator(device);
}

torch::Tensor generator_state(torch::Device device) {
  auto generator = generator_of(device);
  const std::scoped_lock lock(generator.mutex());
  return generator.get_state();
}

void set_generator_state(torch::Device device, const torch::Tensor& state) {
  auto generator = generator_of(device);
  const std::scoped_lock lock(generator.mutex());
  generator.set_state(state);
}

/// The default generator at an earlier state; afterwards as if nothing had been drawn.
class GeneratorAt {
 public:
  GeneratorAt(torch::Device device, const torch::Tensor& state)
      : device_(device), before_(generator_state(device)) {
    set_generator_state(device_, state);
  }
  ~GeneratorAt() { set_generator_state(device_, before_); }
  GeneratorAt(const GeneratorAt&) = delete;
  GeneratorAt& operator=(const GeneratorAt&) = delete;

 private:
  torch::Device device_;
  torch::Tensor before_;
};

struct Autocast {
  bool enabled = false;
  torch::ScalarType type = torch::kFloat32;

  static Autocast of(torch::DeviceType device) {
    return {at::autocast::is_autocast_enabled(device), at::autocast::get_autocast_dtype(device)};
  }
  void set(torch::DeviceType device) const {
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::set_autocast_dtype(device, type);
  }
};

/// Autocast as given, without its cache: a weight cast while no gradient is recorded must not be taken for
/// one that has its history.
class AutocastAs {
 public:
  AutocastAs(torch::DeviceType device, const Autocast& autocast)
      : device_(device), before_(Autocast::of(device)), cached_(at::autocast::is_autocast_cache_enabled()) {
    autocast.set(device_);
    at::autocast::set_autocast_cache_enabled(false);
  }
  ~AutocastAs() {
    at::autocast::set_autocast_cache_enabled(cached_);
    before_.set(device_);
  }
  AutocastAs(const AutocastAs&) = delete;
  AutocastAs& operator=(const AutocastAs&) = delete;

 private:
  torch::DeviceType device_;
  Autocast before_;
  bool cached_;
};

/// What is run twice, and how it was run the first time; in a form that a node of the graph can keep.
struct Body : torch::CustomClassHolder {
  std::function<torch::Tensor(const torch::Tensor&)> run;
  torch::Device device{torch::kCPU};
  torch::Tensor generator_before;
  Autocast autocast;
};

class Recomputation : public torch::autograd::Function<Recomputation> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               at::TensorList parameters, const c10::intrusive_ptr<Body>& body) {
    torch::autograd::variable_list saved{x};
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(
        std::move(saved));  // also notices when one is changed before the backward pass
    context->saved_data["body"] = c10::IValue::make_capsule(body);
    body->generator_before = generator_state(body->device);
    const AutocastAs no_cache(body->device.type(), body->autocast);
    return body->run(x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    auto saved = context->get_saved_variables();
    saved[0] = saved[0].detach().requires_grad_(saved[0].requires_grad());
    const auto holder = context->saved_data["body"].toCapsule();
    const auto y = run_again(static_cast<const Body&>(*holder), saved[0]);
    torch::autograd::variable_list wanted;
    for (const auto& input : saved) {
      if (input.requires_grad()) wanted.push_back(input);
    }
    const auto found = torch::autograd::grad({y}, wanted, {gradients[0]}, /*retain_graph=*/std::nullopt,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    torch::autograd::variable_list result(saved.size() + 1);  // the body has none
    std::size_t next = 0;
    for (std::size_t i = 0; i < saved.size(); ++i) {
      if (saved[i].requires_grad()) result[i] = found[next++];
    }
    return result;
  }

 private:
  static torch::Tensor run_again(const Body& body, const torch::Tensor& x) {
    const at::AutoGradMode with_gradient(true);
    const GeneratorAt same_draws(body.device, body.generator_before);
    const AutocastAs same_types(body.device.type(), body.autocast);
    return body.run(x);
  }
};

}  // namespace

torch::Tensor recomputed(std::function<torch::Tensor(const torch::Tensor&)> body, const torch::Tensor& x,
                         const std::vector<torch::Tensor>& parameters) {
  auto kept = c10::make_intrusive<Body>();
  kept->run = std::move(body);
  kept->device = x.device();
  kept->autocast = Autocast::of(x.device().type());
  return Recomputation::apply(x, at::TensorList(parameters), kept);
}

}  // namespace biodta::model
