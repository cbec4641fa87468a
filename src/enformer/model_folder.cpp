#include <biodta/enformer/model_folder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <string>
#include <vector>

namespace biodta::enformer {

std::filesystem::path weights_file(const std::filesystem::path& folder) {
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    if (std::filesystem::is_regular_file(folder / name)) return folder / name;
  }
  throw InputError(folder, "", "no weights", "model.safetensors or pytorch_model.bin, beside config.json");
}

Enformer load_enformer(const std::filesystem::path& folder) {
  Enformer model(read_enformer_config(folder / "config.json"));
  const auto file = weights_file(folder);
  auto tensors = weights::read_tensors(file).tensors;
  std::erase_if(tensors, [](const auto& entry) { return entry.first.starts_with("_trunk."); });
  std::vector<std::string> optional_names;
  for (const auto& buffer : model->named_buffers()) {
    if (buffer.key().ends_with(".num_batches_tracked")) optional_names.push_back(buffer.key());
  }
  weights::load_state(*model, tensors, file, optional_names);
  model->eval();
  return model;
}

void save_enformer(const Enformer& model, const std::filesystem::path& folder) {
  write_enformer_config(folder / "config.json", model->config());
  weights::write_safetensors(folder / "model.safetensors", weights::state_of(*model), {{"format", "pt"}});
}

}  // namespace biodta::enformer
