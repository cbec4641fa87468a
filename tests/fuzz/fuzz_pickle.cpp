// The pickle inside a file of torch.save, without the zip around it, whose checksums would stop most damage.
#include "fuzz/fuzz_folder.hpp"

#include <weights/pickle.hpp>

#include <string_view>
#include <variant>

namespace {

using biodta::fuzz::require;
using biodta::weights::pickle::Dict;
using biodta::weights::pickle::TensorView;
using biodta::weights::pickle::Value;

/// What a reader relies on: no tensor reaches beyond its storage.
void check(const Value& value) {
  const auto* view = std::get_if<TensorView>(&value);
  if (view == nullptr) return;
  require(view->size.size() == view->stride.size(), "a stride a dimension");
  std::int64_t last = view->offset, count = 1;
  for (std::size_t i = 0; i < view->size.size(); ++i) {
    require(view->size[i] >= 0 && view->stride[i] >= 0, "sizes and strides are whole numbers");
    count *= view->size[i];
    last += (view->size[i] - 1) * view->stride[i];
  }
  require(view->offset >= 0, "offsets are whole numbers");
  require(count == 0 || last < view->storage.count, "elements lie in the storage");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const biodta::weights::Pickle pickle({reinterpret_cast<const char*>(data), size});
    check(pickle.root());
    const auto* const* dict = std::get_if<Dict*>(&pickle.root());
    if (dict == nullptr) return 0;
    for (const auto& [key, value] : (*dict)->items) check(value);
  } catch (const biodta::weights::PickleError&) {  // what is refused
  }
  return 0;
}
