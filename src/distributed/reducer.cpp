// The only file that knows c10d::Reducer, whose constructor changes between versions of PyTorch
// (here 2.11's).
#include "process_group.hpp"

#include <biodta/distributed/reducer.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/_foreach_zero.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <utility>

namespace biodta::distributed {

struct GradientReducer::Engine {
  Engine(const std::vector<torch::Tensor>& parameters, c10d::ProcessGroup& group,
         const ReducerOptions& options)
      : reach_every_parameter(options.reach_every_parameter),
        reducer(parameters, buckets(parameters, options),
                c10::intrusive_ptr<c10d::ProcessGroup>::reclaim_copy(&group),
                std::vector<bool>(parameters.size(), false), options.bucket_bytes,
                /*find_unused_parameters=*/false,
                /*gradient_as_bucket_view=*/true, /*param_names=*/{}, options.first_bucket_bytes,
                /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
                /*bucket_bytes_cap_list=*/{}) {}

  // Gradients become ready from the last layer to the first, so buckets are filled in that order.
  static std::vector<std::vector<std::size_t>> buckets(const std::vector<torch::Tensor>& parameters,
                                                       const ReducerOptions& options) {
    const std::vector<std::size_t> sizes{static_cast<std::size_t>(options.first_bucket_bytes),
                                         static_cast<std::size_t>(options.bucket_bytes)};
    auto assigned = std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, sizes));
    return {assigned.rbegin(), assigned.rend()};
  }

  bool reach_every_parameter;
  c10d::Reducer reducer;
};

namespace {

/// A loss that reaches every parameter with a gradient of zero, so that the rank takes its part in the
/// exchange.
torch::Tensor nothing(const std::vector<torch::Tensor>& parameters) {
  auto total = torch::zeros({}, parameters.front().options());
  for (const auto& parameter : parameters) total = total + parameter.sum() * 0.0;
  return total;
}

}  // namespace

GradientReducer::GradientReducer(std::vector<torch::Tensor> parameters, Communicator& ranks,
                                 const ReducerOptions& options)
    : parameters_(std::move(parameters)), ranks_(&ranks) {
  if (parameters_.empty()) throw Error("there is no parameter to train");
  if (ranks.process_group() == nullptr) return;
  {
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> values;
    values.reserve(parameters_.size());
    for (const auto& parameter : parameters_) values.push_back(parameter.detach());
    ranks.broadcast(values);
  }
  collective(ranks, "setting up the gradient exchange",
             [&] { engine_ = std::make_unique<Engine>(parameters_, *ranks.process_group(), options); });
}

GradientReducer::~GradientReducer() = default;

void GradientReducer::zero_gradients() {
  if (engine_ == nullptr) {  // a fresh gradient is taken over from backward without a copy
    for (auto& parameter : parameters_) parameter.mutable_grad().reset();
    return;
  }
  // In place: the gradients are views into the buckets.
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  gradients.reserve(parameters_.size());
  for (const auto& parameter : parameters_) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (!gradients.empty()) at::_foreach_zero_(gradients);
}

void GradientReducer::start(bool synchronise) {
  synchronise_ = synchronise;
  if (engine_ == nullptr || !synchronise) return;
  collective(*ranks_, "the gradient exchange", [&] {
    engine_->reducer.prepare_for_forward();
    engine_->reducer.rebuild_buckets();
  });
}

void GradientReducer::backward(const torch::Tensor& loss) {
  if (engine_ == nullptr) {
    if (loss.defined()) loss.backward();
    return;
  }
  if (!synchronise_) {
    if (loss.defined()) loss.backward();
    return;
  }
  auto reached = loss.defined() ? loss : nothing(parameters_);
  // Cheaper than letting the engine search the graph each step, and the gradient of an unused parameter is
  // then zero.
  if (loss.defined() && engine_->reach_every_parameter) reached = reached + nothing(parameters_);
  collective(*ranks_, "the gradient exchange", [&] {
    engine_->reducer.prepare_for_backward({reached});
    reached.backward();
  });
}

}  // namespace biodta::distributed
