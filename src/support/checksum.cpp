#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

#include <libdeflate.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

namespace biodta::support {
namespace {

std::string as_text(std::uint32_t checksum) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "crc32:%08x", static_cast<unsigned>(checksum));
  return text.data();
}

}  // namespace

std::string files_checksum(std::span<const std::filesystem::path> paths) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::vector<unsigned char> block(kBlock);
  std::uint32_t checksum = libdeflate_crc32(0, nullptr, 0);
  for (const auto& path : paths) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw InputError(path.string() + ": cannot be read: " + std::strerror(errno));
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), file.get())) {
      checksum = libdeflate_crc32(checksum, block.data(), size);
    }
    if (std::ferror(file.get()) != 0)
      throw InputError(path.string() + ": cannot be read: " + std::strerror(errno));
  }
  return as_text(checksum);
}

std::string file_checksum(const std::filesystem::path& path) {
  return files_checksum({&path, 1});
}

std::string bytes_checksum(std::span<const std::byte> bytes) {
  return as_text(bytes_crc32(bytes));
}

std::uint32_t bytes_crc32(std::span<const std::byte> bytes, std::uint32_t before) {
  // Of no bytes libdeflate gives the value to begin with, whatever came before.
  return bytes.empty() ? before : libdeflate_crc32(before, bytes.data(), bytes.size());
}

std::uint32_t bytes_crc32c(std::span<const std::byte> bytes) {
  // The reversed polynomial, bit by bit: what is summed are a few hundred bytes a log line.
  constexpr std::uint32_t kPolynomial = 0x82F63B78U;
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
  }
  return ~crc;
}

}  // namespace biodta::support
