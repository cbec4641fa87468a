#include "formats.hpp"
#include "pickle.hpp"

#include <biodta/support/error.hpp>

#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <set>

namespace biodta::weights {
namespace {

constexpr const char* kPickle = "data.pkl";

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class PytorchFile {
 public:
  PytorchFile(const std::filesystem::path& path, const WantedTensors& is_wanted)
      : path_(path),
        is_wanted_(is_wanted),
        file_size_(std::filesystem::file_size(path)),
        zip_(path.string()) {}

  TensorFile read() {
    if (zip_.hasRecord("byteorder") && record("byteorder") != "little") {
      fail("byteorder", "'" + record("byteorder") + "'", "'little'");
    }
    if (!zip_.hasRecord(kPickle)) fail("zip", "no data.pkl", "a file of torch.save");
    const std::string bytes = record(kPickle);
    try {
      const Pickle pickle(bytes);
      return collect(pickle.root());
    } catch (const PickleError& error) {
      throw InputError(path_, kPickle, error.what(), "tensors and plain containers only",
                       "a pickle may run any program when Python loads it: prefer safetensors from a source "
                       "that you trust");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view place, std::string_view found, std::string_view expected) const {
    throw InputError(path_, place, found, expected);
  }

  /// torch.save stores its records uncompressed, so none can be larger than the file.
  std::string record(const std::string& name) {
    const std::uint64_t size = zip_.getRecordSize(name);
    if (size > file_size_) fail(name, std::to_string(size) + " bytes", "no more than the file has");
    const auto [data, read] = zip_.getRecord(name);
    return {static_cast<const char*>(data.get()), read};
  }

  TensorFile collect(const pickle::Value& root) {
    TensorFile file;
    if (const auto* view = std::get_if<pickle::TensorView>(&root)) {
      file.tensors.emplace("tensor", make_tensor(*view));
      return file;
    }
    const pickle::Dict& dict = state_dict_of(root);
    for (const auto& [key, value] : dict.items) {
      const auto* name = std::get_if<std::string>(&key);
      const auto* view = std::get_if<pickle::TensorView>(&value);
      if (name == nullptr || view == nullptr || (is_wanted_ && !is_wanted_(*name))) continue;
      file.tensors.insert_or_assign(*name, make_tensor(*view));
    }
    return file;
  }

  static bool holds_tensors(const pickle::Dict& dict) {
    return std::any_of(dict.items.begin(), dict.items.end(), [](const auto& item) {
      return std::holds_alternative<pickle::TensorView>(item.second);
    });
  }

  /// The dictionary of tensors: the whole, or the only one inside a checkpoint.
  const pickle::Dict& state_dict_of(const pickle::Value& root) const {
    const auto* const* dict = std::get_if<pickle::Dict*>(&root);
    if (dict == nullptr) fail(kPickle, "no dictionary", "tensors by name");
    if (holds_tensors(**dict) || (*dict)->items.empty()) return **dict;
    const pickle::Dict* only = nullptr;
    for (const auto& item : (*dict)->items) {
      const auto* const* inner = std::get_if<pickle::Dict*>(&item.second);
      if (inner == nullptr || !holds_tensors(**inner)) continue;
      if (only != nullptr) fail(kPickle, "several dictionaries of tensors", "one");
      only = *inner;
    }
    if (only == nullptr) fail(kPickle, "no tensors", "tensors by name");
    return *only;
  }

  torch::Tensor make_tensor(const pickle::TensorView& view) {
    const torch::Tensor storage = load(view.storage);
    const torch::Tensor tensor = storage.as_strided(view.size, view.stride, view.offset);
    const bool whole = tensor.numel() == storage.numel() && tensor.is_contiguous();
    // The first to name a whole storage has it; all others have copies.
    if (whole && handed_out_.insert(view.storage.key).second) return tensor;
    copied_ += tensor.nbytes();
    constexpr std::uint64_t kMostCopies = 16;
    if (copied_ / kMostCopies > file_size_)
      fail(kPickle, "tensors many times the file's size", "a checkpoint");
    return tensor.clone(torch::MemoryFormat::Contiguous);
  }

  const torch::Tensor& load(const pickle::Storage& storage) {
    const auto found = storages_.find(storage.key);
    if (found != storages_.end()) {
      const torch::Tensor& tensor = found->second;
      if (tensor.scalar_type() != storage.dtype || tensor.numel() != storage.count) {
        fail("data/" + storage.key, "two descriptions of one storage", "one");
      }
      return tensor;
    }
    const std::string name = "data/" + storage.key;
    const std::uint64_t width = c10::elementSize(storage.dtype);
    if (!zip_.hasRecord(name)) fail(name, "no such record", std::to_string(storage.count) + " values");
    const std::uint64_t size = zip_.getRecordSize(name);
    if (size > file_size_ || size / width != static_cast<std::uint64_t>(storage.count) || size % width != 0) {
      fail(name, std::to_string(size) + " bytes",
           std::to_string(storage.count) + " values of " + std::to_string(width) + " bytes");
    }
    torch::Tensor tensor = torch::empty({storage.count}, storage.dtype);
    if (size > 0) zip_.getRecord(name, tensor.data_ptr(), size);
    return storages_.emplace(storage.key, std::move(tensor)).first->second;
  }

  std::filesystem::path path_;
  const WantedTensors& is_wanted_;
  std::uint64_t file_size_;
  caffe2::serialize::PyTorchStreamReader zip_;
  std::map<std::string, torch::Tensor> storages_;
  std::set<std::string> handed_out_;
  std::uint64_t copied_ = 0;
};

}  // namespace

TensorFile read_pytorch_file(const std::filesystem::path& path, const WantedTensors& is_wanted) try {
  return PytorchFile(path, is_wanted).read();
} catch (const c10::Error& error) {
  throw InputError(path, "", "a damaged zip (" + first_line(error.what_without_backtrace()) + ")",
                   "a file of torch.save");
}

}  // namespace biodta::weights
