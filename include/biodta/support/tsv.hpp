#pragma once
/// @file
/// Text tables: tab-separated, plain or gzip.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::support {

/// Lines of a text file, plain or gzip by its content. Lines come without their line end (\n or \r\n).
class LineReader {
 public:
  /// Throws InputError when the file is missing or unreadable.
  explicit LineReader(const std::filesystem::path& path);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  /// @return false at the end. Throws InputError on a damaged gzip stream.
  bool next(std::string& line);
  /// The next bytes without taking them: at most `count`, perhaps fewer, none at the end only. They may hold
  /// line ends. Valid until the next call. Throws like next.
  std::string_view peek(std::size_t count);
  /// 1-based number of the line last returned.
  std::uint64_t line_number() const noexcept { return line_number_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  /// "line N", for InputError.
  std::string place() const;

 private:
  struct Stream;
  bool fill();
  std::filesystem::path path_;
  std::unique_ptr<Stream> stream_;
  std::uint64_t line_number_ = 0;
};

/// Splits at every `separator`; empty fields are kept. The views point into `line`.
std::vector<std::string_view> split(std::string_view line, char separator);
std::string_view trim(std::string_view text);

/// Numbers, whole field or nothing: throws InputError with path and place otherwise.
double parse_double(std::string_view field, const LineReader& at);
std::int64_t parse_integer(std::string_view field, const LineReader& at);

/// Shortest text that reads back as the same double.
std::string format_double(double value);

/// A table read whole: header and rows of equal width. For small files (gene sets, vocabularies, results).
struct Table {
  std::filesystem::path path;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  /// Index of a column; throws InputError, listing the columns there are, when it is missing.
  std::size_t column(std::string_view name) const;
  bool has_column(std::string_view name) const;
};
Table read_table(const std::filesystem::path& path, char separator = '\t');
/// Atomically written; fields must hold no tab or line end.
void write_table(const Table& table);

}  // namespace biodta::support
