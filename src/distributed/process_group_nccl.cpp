#include "process_group.hpp"

#ifdef BIODTA_WITH_CUDA
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <chrono>
#endif

namespace biodta::distributed {

#ifdef BIODTA_WITH_CUDA

void attach_nccl(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store,
                 const Membership& membership, torch::Device device) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = std::chrono::seconds(membership.timeout_seconds);
  const auto prefixed = c10::make_intrusive<c10d::PrefixStore>("nccl", store);
  const auto backend =
      c10::make_intrusive<c10d::ProcessGroupNCCL>(prefixed, membership.rank, membership.world_size, options);
  group.setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::BackendType::NCCL,
                   c10::static_intrusive_pointer_cast<c10d::Backend>(backend));
  // Binds the group to the GPU, so that barriers do not guess which one this rank has.
  group.setBoundDeviceId(device);
}

#else

void attach_nccl(c10d::ProcessGroup&, const c10::intrusive_ptr<c10d::Store>&, const Membership&,
                 torch::Device device) {
  throw ConfigError("several ranks on " + device.str() + " need NCCL, which this build does not have",
                    "build with CUDA (scripts/setup --cuda, cmake --preset cuda), or use --device cpu");
}

#endif

}  // namespace biodta::distributed
