#include <biodta/enformer/one_hot.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>

#include <array>
#include <cstdint>

namespace biodta::enformer {
namespace {

std::array<std::int8_t, 256> channel_of_letter() {
  std::array<std::int8_t, 256> channel{};
  for (int letter = 0; letter < 256; ++letter) {
    channel[static_cast<std::size_t>(letter)] =
        static_cast<std::int8_t>(genome::base_index(static_cast<char>(letter)));
  }
  return channel;
}

}  // namespace

torch::Tensor one_hot(std::span<const std::string> windows) {
  const std::size_t length = windows.empty() ? 0 : windows.front().size();
  auto encoded_BL4 =
      torch::zeros({static_cast<std::int64_t>(windows.size()), static_cast<std::int64_t>(length), 4});
  const auto channel = channel_of_letter();
  float* out = encoded_BL4.data_ptr<float>();
  for (std::size_t b = 0; b < windows.size(); ++b) {
    const std::string& window = windows[b];
    if (window.size() != length) {
      throw Error("windows of one batch differ in length: window " + std::to_string(b) + " has " +
                  std::to_string(window.size()) + " bp, the first " + std::to_string(length));
    }
    for (const char letter : window) {
      const std::int8_t c = channel[static_cast<unsigned char>(letter)];
      if (c >= 0) out[c] = 1.0F;
      out += 4;
    }
  }
  return encoded_BL4.transpose(1, 2);
}

}  // namespace biodta::enformer
