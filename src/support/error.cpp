#include <biodta/support/error.hpp>

#include <utility>

namespace biodta {
namespace {

std::string input_message(const std::filesystem::path& path, std::string_view place, std::string_view found,
                          std::string_view expected) {
  std::string message = path.string();
  if (!place.empty()) message.append(": ").append(place);
  if (!found.empty()) message.append(": found ").append(found);
  if (!expected.empty()) message.append(found.empty() ? ": expected " : ", expected ").append(expected);
  return message;
}

}  // namespace

Error::Error(const std::string& message, std::string hint)
    : std::runtime_error(message), hint_(std::move(hint)) {}

InputError::InputError(const std::filesystem::path& path, std::string_view place, std::string_view found,
                       std::string_view expected, std::string hint)
    : Error(input_message(path, place, found, expected), std::move(hint)) {}

}  // namespace biodta
