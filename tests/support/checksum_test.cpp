#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

#include <cstring>

namespace biodta::support {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

/// CRC-32 bit by bit, from its polynomial.
std::uint32_t plain_crc32(std::string_view text) {
  std::uint32_t crc = ~0U;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string shown(std::uint32_t crc) {
  char text[32];
  std::snprintf(text, sizeof text, "crc32:%08x", crc);
  return text;
}

TEST(Checksum, HasTheCheckValueOfCrc32) {
  const std::string_view digits = "123456789";
  EXPECT_EQ(bytes_checksum(std::as_bytes(std::span(digits))), "crc32:cbf43926");
  EXPECT_EQ(bytes_checksum({}), "crc32:00000000");
  const auto bytes = std::as_bytes(std::span(digits));
  EXPECT_EQ(bytes_crc32(bytes), 0xcbf43926U);
  EXPECT_EQ(bytes_crc32(bytes.subspan(4), bytes_crc32(bytes.first(4))), 0xcbf43926U);
  EXPECT_EQ(bytes_crc32({}, 17U), 17U);
}

TEST(Checksum, HasTheCheckValuesOfCrc32c) {
  // "123456789" is every catalogue's; the others are of RFC 3720, B.4.
  const std::string_view digits = "123456789";
  EXPECT_EQ(bytes_crc32c(std::as_bytes(std::span(digits))), 0xE3069283U);
  const std::string zeros(32, '\0');
  EXPECT_EQ(bytes_crc32c(std::as_bytes(std::span(zeros))), 0x8A9136AAU);
  const std::string ones(32, '\xFF');
  EXPECT_EQ(bytes_crc32c(std::as_bytes(std::span(ones))), 0x62A8AB43U);
  EXPECT_EQ(bytes_crc32c({}), 0U);
}

TEST(Checksum, OfAFileLongerThanABlockEqualsTheBitwiseSum) {
  const TemporaryFolder folder;
  std::string text(3'000'017, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 % 251);
  write_text_file(folder / "a", text);
  EXPECT_EQ(file_checksum(folder / "a"), shown(plain_crc32(text)));
  EXPECT_EQ(bytes_checksum(std::as_bytes(std::span(text))), shown(plain_crc32(text)));
}

TEST(Checksum, NamesTheFileThatIsMissing) {
  expect_error<InputError>([] { file_checksum("/nowhere/a.bin"); }, {"/nowhere/a.bin", "No such file"});
}

}  // namespace
}  // namespace biodta::support
