#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <zlib.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace biodta::support {

/// zlib reads plain files as they are and gzip (also of several members, as bgzip writes) decompressed.
struct LineReader::Stream {
  explicit Stream(const std::filesystem::path& path) : file(gzopen(path.c_str(), "rb")), bytes(kBuffer) {
    if (file == nullptr) throw InputError(path.string() + ": cannot be read: " + std::strerror(errno));
    gzbuffer(file, static_cast<unsigned>(kBuffer));
  }
  ~Stream() { gzclose_r(file); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  static constexpr std::size_t kBuffer = std::size_t{1} << 18;
  gzFile file;
  std::vector<char> bytes;
  std::size_t at = 0;
  std::size_t end = 0;
};

LineReader::LineReader(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw InputError(path, "", "no such file", "a text file");
  if (std::filesystem::is_directory(path, ignored)) throw InputError(path, "", "a folder", "a text file");
  stream_ = std::make_unique<Stream>(path);
}

LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

bool LineReader::fill() {
  Stream& stream = *stream_;
  const int size = gzread(stream.file, stream.bytes.data(), static_cast<unsigned>(stream.bytes.size()));
  int code = Z_OK;
  const char* message = gzerror(stream.file, &code);
  if (size < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    const std::string why = code == Z_ERRNO ? std::strerror(errno) : message;
    throw InputError(path_, "after line " + std::to_string(line_number_), "a damaged file (" + why + ")",
                     "whole text or gzip");
  }
  stream.at = 0;
  stream.end = static_cast<std::size_t>(size);
  return size > 0;
}

bool LineReader::next(std::string& line) {
  line.clear();
  Stream& stream = *stream_;
  bool found = false;
  while (!found) {
    if (stream.at == stream.end && !fill()) break;
    const char* begin = stream.bytes.data() + stream.at;
    const std::size_t left = stream.end - stream.at;
    const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', left));
    const std::size_t taken = newline == nullptr ? left : static_cast<std::size_t>(newline - begin);
    line.append(begin, taken);
    stream.at += taken + (newline == nullptr ? 0 : 1);
    found = newline != nullptr;
  }
  if (!found && line.empty()) return false;
  if (line.ends_with('\r')) line.pop_back();
  if (++line_number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
  return true;
}

std::string_view LineReader::peek(std::size_t count) {
  Stream& stream = *stream_;
  if (stream.at == stream.end) fill();
  return std::string_view(stream.bytes.data(), stream.end).substr(stream.at, count);
}

std::string LineReader::place() const {
  return "line " + std::to_string(line_number_);
}

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t at = line.find(separator);
    fields.push_back(line.substr(0, at));
    if (at == std::string_view::npos) return fields;
    line.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

namespace {

template <class T>
T parse_number(std::string_view field, const LineReader& at, std::string_view expected) {
  T value{};
  const char* const end = field.data() + field.size();
  const char* begin = field.data();
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') ++begin;
  const auto [stopped, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stopped != end) {
    throw InputError(at.path(), at.place(), "'" + std::string(field) + "'", expected);
  }
  return value;
}

void require_plain(std::string_view field, const Table& table) {
  if (field.find_first_of("\t\r\n") == std::string_view::npos) return;
  throw Error(table.path.string() + ": a field holds a tab or a line end and cannot be written: '" +
              std::string(field) + "'");
}

void append_row(std::string& text, std::span<const std::string> fields, const Table& table) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    require_plain(fields[i], table);
    if (i > 0) text += '\t';
    text += fields[i];
  }
  text += '\n';
}

}  // namespace

double parse_double(std::string_view field, const LineReader& at) {
  return parse_number<double>(field, at, "a number");
}

std::int64_t parse_integer(std::string_view field, const LineReader& at) {
  return parse_number<std::int64_t>(field, at, "a whole number");
}

std::string format_double(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

std::size_t Table::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name) return i;
  }
  throw InputError(path, "header", "the columns " + join_words(columns),
                   "a column '" + std::string(name) + "'");
}

bool Table::has_column(std::string_view name) const {
  for (const std::string& column : columns) {
    if (column == name) return true;
  }
  return false;
}

Table read_table(const std::filesystem::path& path, char separator) {
  Table table;
  table.path = path;
  LineReader reader(path);
  std::string line;
  if (!reader.next(line) || line.empty())
    throw InputError(path, "line 1", "nothing", "a header of column names");
  for (const std::string_view name : split(line, separator)) {
    if (table.has_column(name)) {
      throw InputError(path, "line 1", "two columns '" + std::string(name) + "'", "distinct column names");
    }
    table.columns.emplace_back(name);
  }
  while (reader.next(line)) {
    if (line.empty()) continue;
    const auto fields = split(line, separator);
    if (fields.size() != table.columns.size()) {
      throw InputError(path, reader.place(), std::to_string(fields.size()) + " fields",
                       std::to_string(table.columns.size()) + " as in the header");
    }
    table.rows.emplace_back(fields.begin(), fields.end());
  }
  return table;
}

void write_table(const Table& table) {
  std::string text;
  append_row(text, table.columns, table);
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size()) {
      throw Error(table.path.string() + ": a row of " + std::to_string(row.size()) + " fields does not fit " +
                  std::to_string(table.columns.size()) + " columns");
    }
    append_row(text, row, table);
  }
  write_text_file(table.path, text);
}

}  // namespace biodta::support
