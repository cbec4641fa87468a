#include "process_group.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <chrono>

namespace biodta::distributed {
namespace {

bool is_local(const Membership& membership) {
  return !membership.file_store.empty() || membership.master_address == "127.0.0.1" ||
         membership.master_address == "localhost";
}

std::shared_ptr<gloo::transport::Device> gloo_device(const Membership& membership) {
  using c10d::ProcessGroupGloo;
  if (!membership.network_interface.empty()) {
    return ProcessGroupGloo::createDeviceForInterface(membership.network_interface);
  }
  if (is_local(membership)) return ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return ProcessGroupGloo::createDefaultDevice();
}

}  // namespace

void attach_gloo(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store,
                 const Membership& membership) {
  auto options = c10d::ProcessGroupGloo::Options::create(std::chrono::seconds(membership.timeout_seconds));
  options->devices.push_back(gloo_device(membership));
  const auto prefixed = c10::make_intrusive<c10d::PrefixStore>("gloo", store);
  const auto backend =
      c10::make_intrusive<c10d::ProcessGroupGloo>(prefixed, membership.rank, membership.world_size, options);
  group.setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::BackendType::GLOO,
                   c10::static_intrusive_pointer_cast<c10d::Backend>(backend));
}

}  // namespace biodta::distributed
