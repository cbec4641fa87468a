#include "text_table_fields.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace biodta::cells {

FieldCursor::FieldCursor(std::string_view line, char separator)
    : at_(line.data()), end_(line.data() + line.size()), separator_(separator) {
  if (separator_ != ' ') return;
  skip_blanks();
  more_ = at_ != end_;
}

void FieldCursor::skip_blanks() {
  while (at_ != end_ && blank(*at_)) ++at_;
}

/// Steps over the separator that at_ stands on, if it is not the end.
void FieldCursor::end_field() {
  if (separator_ == ' ') {
    skip_blanks();
    more_ = at_ != end_;
  } else {
    more_ = at_ != end_;
    if (more_) ++at_;
  }
}

bool FieldCursor::take_whole(float& value) {
  const bool one_digit =
      end_ - at_ > 1 && at_[1] == separator_ && separator_ != ' ' && *at_ >= '0' && *at_ <= '9';
  if (one_digit) {
    value = static_cast<float>(*at_ - '0');
    at_ += 2;
    return true;
  }
  std::uint32_t whole = 0;
  const auto [stopped, error] = std::from_chars(at_, end_, whole);
  if (error != std::errc() || (stopped != end_ && *stopped != separator_)) return false;
  value = static_cast<float>(whole);
  at_ = stopped;
  end_field();
  return true;
}

bool FieldCursor::next(std::string_view& field) {
  if (!more_) return false;
  skip_blanks();
  if (at_ != end_ && *at_ == '"') return quoted(field);
  const char* const begin = at_;
  while (at_ != end_ && *at_ != separator_ && !(separator_ == ' ' && blank(*at_))) ++at_;
  const char* last = at_;
  while (last != begin && blank(last[-1])) --last;
  field = {begin, static_cast<std::size_t>(last - begin)};
  end_field();
  return true;
}

bool FieldCursor::quoted(std::string_view& field) {
  unquoted_.clear();
  bool open = true;
  for (++at_; open && at_ != end_; ++at_) {
    const bool quote = *at_ == '"';
    if (quote && at_ + 1 != end_ && at_[1] == '"') {
      ++at_;
    } else if (quote) {
      open = false;
      continue;
    }
    unquoted_ += *at_;
  }
  const char* const behind = at_;
  skip_blanks();
  const bool ended = at_ == end_ || (separator_ == ' ' ? at_ != behind : *at_ == separator_);
  if (open || !ended) {
    fault_ = open ? "a quote that is not closed" : "text behind a closing quote";
    more_ = false;
    return false;
  }
  field = unquoted_;
  end_field();
  return true;
}

std::vector<std::string> fields_of(std::string_view line, char separator, std::string_view& fault) {
  std::vector<std::string> fields;
  FieldCursor cursor(line, separator);
  for (std::string_view field; cursor.next(field);) fields.emplace_back(field);
  fault = cursor.fault();
  return fields;
}

}  // namespace biodta::cells
