#include <biodta/enformer/model_folder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <string>
#include <utility>
#include <vector>

namespace biodta::enformer {

std::filesystem::path weights_file(const std::filesystem::path& folder) {
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    if (std::filesystem::is_regular_file(folder / name)) return folder / name;
  }
  throw InputError(folder, "", "no weights", "model.safetensors or pytorch_model.bin, beside config.json");
}

namespace {

constexpr const char* kLoneTensor = "tensor";

void load_gamma_table(Enformer& model, const std::filesystem::path& path) {
  const auto tensors = weights::read_tensors(path).tensors;
  const auto table = tensors.find(kLoneTensor);
  if (table == tensors.end())
    throw InputError(path, "", std::to_string(tensors.size()) + " named tensors", "one tensor alone");
  try {
    model->set_gamma_table(table->second.to(torch::kFloat32));
  } catch (const ConfigError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

}  // namespace

std::optional<std::filesystem::path> gamma_table_file(const std::filesystem::path& folder) {
  for (const char* name : {"tf_gammas.pt", "tf_gammas.safetensors"}) {
    if (std::filesystem::is_regular_file(folder / name)) return folder / name;
  }
  return std::nullopt;
}

Enformer load_enformer(const std::filesystem::path& folder) {
  Enformer model(read_enformer_config(folder / "config.json"));
  const auto file = weights_file(folder);
  const auto is_no_alias = [](const std::string& name) { return !name.starts_with("_trunk."); };
  auto tensors = weights::read_tensors(file, is_no_alias).tensors;
  std::vector<std::string> optional_names;
  for (const auto& buffer : model->named_buffers()) {
    if (buffer.key().ends_with(".num_batches_tracked")) optional_names.push_back(buffer.key());
  }
  weights::take_state(*model, std::move(tensors), file, optional_names);
  if (const auto table = gamma_table_file(folder)) load_gamma_table(model, *table);
  model->eval();
  return model;
}

void save_enformer(const Enformer& model, const std::filesystem::path& folder) {
  write_enformer_config(folder / "config.json", model->config());
  weights::write_safetensors(folder / "model.safetensors", weights::state_of(*model), {{"format", "pt"}});
  if (model->gamma_table().defined())
    weights::write_safetensors(folder / "tf_gammas.safetensors", {{kLoneTensor, model->gamma_table()}});
}

}  // namespace biodta::enformer
