// Weights as a file: safetensors, or the zip of torch.save.
#include "fuzz/fuzz_folder.hpp"

#include <biodta/support/error.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <string>

/// LibTorch's zip reader forgets 300 bytes where it refuses a file.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:mz_zip_reader";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace biodta;
  static const fuzz::FuzzFolder folder;
  const auto file = folder.write("weights", {reinterpret_cast<const char*>(data), size}, false);
  try {
    std::size_t bytes = 0;
    for (const auto& [name, tensor] : weights::read_tensors(file).tensors) {
      fuzz::require(tensor.is_contiguous(), "tensors are contiguous");
      const auto* values = static_cast<const unsigned char*>(tensor.const_data_ptr());
      unsigned sum = 0;
      for (std::size_t i = 0; i < tensor.nbytes(); ++i) sum += values[i];  // every byte may be read
      bytes += tensor.nbytes() + sum % 2;
    }
    fuzz::require(bytes < (std::size_t{1} << 30), "a small file is no large model");
  } catch (const Error&) {  // files that are refused
  }
  return 0;
}
