#pragma once
/// @file
/// An Enformer on disk: a folder with `config.json`, `model.safetensors` (or enformer-pytorch's
/// `pytorch_model.bin`) and perhaps `tracks.tsv`; perhaps also enformer-pytorch's `tf_gammas.pt`, the gamma
/// columns that the published model was trained with: what is computed without it differs by up to 2.5e-3.

#include <biodta/enformer/enformer.hpp>

#include <filesystem>
#include <optional>

namespace biodta::enformer {

/// The weights in a folder: model.safetensors, else pytorch_model.bin. Throws InputError when there is
/// neither.
std::filesystem::path weights_file(const std::filesystem::path& folder);

/// The gamma table in a folder: enformer-pytorch's tf_gammas.pt, or tf_gammas.safetensors as save_enformer
/// writes it.
std::optional<std::filesystem::path> gamma_table_file(const std::filesystem::path& folder);

/// Reads a folder into an Enformer in eval mode on the CPU. enformer-pytorch's second names of the same
/// tensors
/// (`_trunk.…`) are passed over. Throws InputError, naming the file and the keys, on every missing,
/// unexpected or misshaped tensor; only BatchNorm's num_batches_tracked may be absent. A table of gamma
/// columns beside the weights is taken.
Enformer load_enformer(const std::filesystem::path& folder);

/// Writes config.json and model.safetensors, and the gamma table where the model has one, into an existing
/// folder.
void save_enformer(const Enformer& model, const std::filesystem::path& folder);

}  // namespace biodta::enformer
