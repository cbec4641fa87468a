#include <biodta/model/autocast.hpp>

#include <ATen/autocast_mode.h>

namespace biodta::model {

AutocastGuard::AutocastGuard(std::optional<torch::ScalarType> type, torch::Device device)
    : device_(device.type()), enabled_(type.has_value()) {
  if (!enabled_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  was_type_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, *type);
  at::autocast::increment_nesting();
}

AutocastGuard::~AutocastGuard() {
  if (!enabled_) return;
  // Weights that were cast are cached only within the outermost guard: they change with every step.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, was_type_);
}

}  // namespace biodta::model
