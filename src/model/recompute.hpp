#pragma once
// Activation recomputation (Chen et al. 2016, "sublinear memory cost"): a part of the network keeps its input
// alone and runs once more in the backward pass.

#include <torch/types.h>

#include <functional>
#include <vector>

namespace biodta::model {

/// body(x), with the gradients that body(x) has, bit by bit: dropout draws the same numbers again, and
/// autocast is as it was. `body` must be a function of x, `parameters` and the default generator of x's
/// device alone, and still be callable, in the same mode, when the backward pass comes.
///
/// Parameters are inputs of the node, so that their gradients flow through the outer graph and whoever
/// listens to them there (the exchange between ranks) is told once, at the right time. Not differentiable
/// twice.
/// @param parameters  all that the gradient shall reach besides x; those that require none may be among them.
torch::Tensor recomputed(std::function<torch::Tensor(const torch::Tensor&)> body, const torch::Tensor& x,
                         const std::vector<torch::Tensor>& parameters);

}  // namespace biodta::model
