#pragma once
/// @file
/// Fields of one line of a text table.

#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Walks the fields of a line. A field may stand in double quotes, with doubled ones inside; what is not
/// quoted loses the blanks around it. A separator ' ' stands for any number of blanks, also at the ends of
/// the line.
class FieldCursor {
 public:
  FieldCursor(std::string_view line, char separator);

  /// @return false at the end of the line, and where its quotes are wrong. `field` is valid until the next
  /// call.
  bool next(std::string_view& field);
  /// A quick way over a field that is a small whole number, as nearly all are: false, with nothing taken,
  /// where the next field is anything else.
  bool take_whole(float& value);
  /// What is wrong with the quotes of the line; empty when nothing is.
  std::string_view fault() const noexcept { return fault_; }

 private:
  bool quoted(std::string_view& field);
  void end_field();
  bool blank(char c) const noexcept { return c == ' ' || (c == '\t' && separator_ != '\t'); }
  void skip_blanks();

  const char* at_;
  const char* end_;
  char separator_;
  bool more_ = true;  // another field comes, perhaps an empty one
  std::string unquoted_;
  std::string_view fault_;
};

/// All fields of a line; fewer where its quotes are wrong.
std::vector<std::string> fields_of(std::string_view line, char separator, std::string_view& fault);

}  // namespace biodta::cells
