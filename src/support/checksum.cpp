#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

namespace biodta::support {
namespace {

std::string as_text(uLong checksum) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "crc32:%08lx", checksum);
  return text.data();
}

}  // namespace

std::string file_checksum(const std::filesystem::path& path) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) throw InputError(path.string() + ": cannot be read: " + std::strerror(errno));
  std::vector<unsigned char> block(kBlock);
  uLong checksum = crc32_z(0, nullptr, 0);
  while (const std::size_t size = std::fread(block.data(), 1, block.size(), file.get())) {
    checksum = crc32_z(checksum, block.data(), size);
  }
  if (std::ferror(file.get()) != 0)
    throw InputError(path.string() + ": cannot be read: " + std::strerror(errno));
  return as_text(checksum);
}

std::string bytes_checksum(std::span<const std::byte> bytes) {
  return as_text(crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace biodta::support
