#pragma once
/// @file
/// What the tests of every room share.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace biodta::testing {

/// A folder of its own that is gone, with all in it, when the object is.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<unsigned> made{0};
    path_ = std::filesystem::temp_directory_path() /
            ("biodta-test-" + std::to_string(::getpid()) + "-" + std::to_string(made++));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A small file of tests/data, by its path there.
inline std::filesystem::path fixture(const std::filesystem::path& path) {
  return std::filesystem::path(BIODTA_TESTS_SOURCE_DIR) / "data" / path;
}

/// The folder of real data: BIODTA_TEST_DATA, or shared/data beside the project; nothing where neither is
/// there.
inline std::optional<std::filesystem::path> test_data() {
  std::error_code ignored;
  if (const char* named = std::getenv("BIODTA_TEST_DATA"); named != nullptr && *named != '\0') {
    if (std::filesystem::is_directory(named, ignored)) return std::filesystem::path(named);
    return std::nullopt;
  }
  const auto beside = std::filesystem::path(BIODTA_TESTS_SOURCE_DIR) / ".." / ".." / "shared" / "data";
  if (std::filesystem::is_directory(beside, ignored)) return std::filesystem::canonical(beside, ignored);
  return std::nullopt;
}

/// Runs a Python script with the independent readers of `scripts/setup --tests` (h5py, anndata) and returns
/// what it printed; nothing where they are not installed. A script that fails fails the test, with its words.
inline std::optional<std::string> run_python(const std::string& script) {
  const auto root = std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path();
  const auto python = root / ".deps/python/bin/python";
  const auto readers = root / ".deps/test-readers";
  if (!std::filesystem::exists(python) || !std::filesystem::exists(readers / "h5py")) return std::nullopt;
  const TemporaryFolder folder;
  std::ofstream(folder / "script.py") << script;
  const std::string command = "PYTHONPATH='" + readers.string() + "' '" + python.string() + "' '" +
                              (folder / "script.py").string() + "' > '" + (folder / "out").string() +
                              "' 2>&1";
  const int status = std::system(command.c_str());
  std::ostringstream printed;
  printed << std::ifstream(folder / "out").rdbuf();
  if (status != 0) ADD_FAILURE() << "the Python script failed:\n" << printed.str();
  return printed.str();
}

/// Runs `callable`, which must throw an E whose message and hint together hold every one of `parts`.
/// @return the message, for further questions.
template <class E, class Callable>
std::string expect_error(Callable&& callable, std::initializer_list<std::string_view> parts = {}) {
  try {
    callable();
  } catch (const E& error) {
    std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << "more than one line: " << message;
    if constexpr (requires { error.hint(); }) message += " | " + error.hint();
    for (const std::string_view part : parts) {
      EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is missing in: " << message;
    }
    return message;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "an error of another kind was thrown: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

}  // namespace biodta::testing

/// Skips the test, with the reason, where a file or folder of the real data is absent; otherwise
/// `*biodta::testing::test_data() / file` is there. For the body of a TEST.
#define BIODTA_SKIP_WITHOUT_TEST_DATA(file)                                                         \
  do {                                                                                              \
    const auto biodta_folder_ = biodta::testing::test_data();                                       \
    if (!biodta_folder_ || !std::filesystem::exists(*biodta_folder_ / (file))) {                    \
      GTEST_SKIP() << "real data is absent: " << (file) << " (set BIODTA_TEST_DATA to its folder)"; \
    }                                                                                               \
  } while (false)
