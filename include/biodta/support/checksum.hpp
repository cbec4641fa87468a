#pragma once
/// @file
/// Checksums for provenance.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace biodta::support {

/// CRC-32 (zlib's) of a file's bytes as "crc32:xxxxxxxx", repeatable by `gzip`, Python's zlib and 7z.
std::string file_checksum(const std::filesystem::path& path);
/// The same of several files' bytes, one file after another.
std::string files_checksum(std::span<const std::filesystem::path> paths);
std::string bytes_checksum(std::span<const std::byte> bytes);
/// The number itself; `before` is that of the bytes that these follow.
std::uint32_t bytes_crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// CRC-32C (Castagnoli), which TensorBoard's files carry: another polynomial than zlib's.
std::uint32_t bytes_crc32c(std::span<const std::byte> bytes);

}  // namespace biodta::support
