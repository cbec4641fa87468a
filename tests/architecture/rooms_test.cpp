// The rooms of docs/architecture.md, held against the includes that are really there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {
namespace fs = std::filesystem;

/// What each room may include besides itself; "*" = all rooms.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"support", {}},
    {"genome", {"support"}},
    {"cells", {"support"}},
    {"embedding", {"support"}},
    {"weights", {"support"}},
    {"enformer", {"support", "genome", "embedding", "weights"}},
    {"model", {"support", "weights"}},
    {"data", {"support", "cells", "embedding"}},
    {"distributed", {"support"}},
    {"training",
     {"support", "cells", "embedding", "weights", "model", "data", "enformer", "distributed", "genome"}},
    {"analysis", {"support", "genome", "cells", "embedding", "enformer", "model", "data"}},
    {"simulation", {"support", "genome", "cells"}},
    {"pipeline", {"*"}},
};
const std::set<std::string> kTorchFree = {"support", "genome", "cells", "embedding", "data", "simulation"};
/// The one place of data that hands packed batches to the model as tensors; its own library,
/// biodta::data_tensors.
const std::set<std::string> kDataTensors = {"include/biodta/data/tensors.hpp", "src/data/tensors.cpp"};

struct Include {
  std::string file;  // relative to the root, '/' separated
  std::string header;
};

std::vector<Include> includes_below(const fs::path& root, const std::string& folder) {
  static const std::regex kPattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<Include> found;
  if (!fs::exists(root / folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp" && extension != ".cu") continue;
    std::ifstream stream(entry.path());
    std::string line;
    std::smatch match;
    while (std::getline(stream, line))
      if (std::regex_search(line, match, kPattern))
        found.push_back({fs::relative(entry.path(), root).generic_string(), match[1]});
  }
  return found;
}

std::vector<std::string> room_violations(const fs::path& root) {
  std::vector<std::string> violations;
  for (const auto& [room, allowed] : kMayInclude) {
    if (allowed.contains("*")) continue;
    for (const auto& folder : {"include/biodta/" + room, "src/" + room}) {
      for (const auto& [file, header] : includes_below(root, folder)) {
        if (!header.starts_with("biodta/")) continue;
        const std::string other = header.substr(7, header.find('/', 7) - 7);
        if (other == room || allowed.contains(other)) continue;
        if (kDataTensors.contains(file) && other == "model") continue;
        violations.push_back(file + " includes " + header);
      }
    }
  }
  return violations;
}

std::vector<std::string> torch_violations(const fs::path& root) {
  std::vector<std::string> violations;
  for (const auto& room : kTorchFree) {
    for (const auto& folder : {"include/biodta/" + room, "src/" + room})
      for (const auto& [file, header] : includes_below(root, folder))
        if ((header.starts_with("torch/") || header.starts_with("ATen/") || header.starts_with("c10/")) &&
            !kDataTensors.contains(file))
          violations.push_back(file + " includes " + header);
  }
  return violations;
}

/// Files that include a header whose name matches, under include/, src/ and apps/.
std::set<std::string> files_including(const std::regex& pattern) {
  std::set<std::string> files;
  for (const auto* folder : {"include", "src", "apps"})
    for (const auto& [file, header] : includes_below(BIODTA_SOURCE_ROOT, folder))
      if (std::regex_search(header, pattern)) files.insert(file);
  return files;
}

TEST(Rooms, NoRoomIncludesWhatItMayNot) {
  EXPECT_THAT(room_violations(BIODTA_SOURCE_ROOT), testing::IsEmpty());
}

TEST(Rooms, TorchFreeRoomsIncludeNoTorch) {
  EXPECT_THAT(torch_violations(BIODTA_SOURCE_ROOT), testing::IsEmpty());
}

TEST(Rooms, EveryFolderOfTheTreeIsAKnownRoom) {
  for (const auto* top : {"include/biodta", "src"})
    for (const auto& entry : fs::directory_iterator(fs::path(BIODTA_SOURCE_ROOT) / top))
      if (entry.is_directory()) {
        EXPECT_TRUE(kMayInclude.contains(entry.path().filename().string())) << entry.path();
      }
}

TEST(Rooms, AForbiddenIncludeIsFound) {
  const fs::path root = fs::path(testing::TempDir()) / "biodta_rooms_test";
  fs::create_directories(root / "src/cells");
  fs::create_directories(root / "src/model");
  std::ofstream(root / "src/cells/bad.cpp")
      << "#include <biodta/model/config.hpp>\n#include <torch/types.h>\n";
  std::ofstream(root / "src/model/good.cpp")
      << "#include <biodta/weights/state.hpp>\n#include <torch/types.h>\n";
  EXPECT_THAT(room_violations(root),
              testing::ElementsAre("src/cells/bad.cpp includes biodta/model/config.hpp"));
  EXPECT_THAT(torch_violations(root), testing::ElementsAre("src/cells/bad.cpp includes torch/types.h"));
  fs::remove_all(root);
}

TEST(Libraries, EachIsIncludedInOnePlace) {
  using testing::Each;
  using testing::SizeIs;
  using testing::StartsWith;
  EXPECT_THAT(files_including(std::regex("^hdf5\\.h$")), Each(StartsWith("src/support/hdf5")));
  EXPECT_THAT(files_including(std::regex("^htslib/")), Each(StartsWith("src/genome/")));
  EXPECT_THAT(files_including(std::regex("^yaml-cpp/")), Each(StartsWith("src/support/options")));
  EXPECT_THAT(files_including(std::regex("^spdlog/")), SizeIs(1));
  EXPECT_THAT(files_including(std::regex("ProcessGroupNCCL\\.hpp$")), SizeIs(1));
  EXPECT_THAT(files_including(std::regex("ProcessGroupGloo\\.hpp$")), SizeIs(1));
  EXPECT_THAT(files_including(std::regex("c10d/reducer\\.hpp$")), SizeIs(1));
  EXPECT_THAT(files_including(std::regex("^torch/torch\\.h$")), SizeIs(0));
}

TEST(Programs, AreThin) {
  for (const auto& entry : fs::directory_iterator(fs::path(BIODTA_SOURCE_ROOT) / "apps")) {
    if (!entry.path().filename().string().starts_with("biodta-")) continue;
    std::ifstream stream(entry.path());
    const auto lines = std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
    EXPECT_LE(lines, 70) << entry.path();
    for (const auto& [file, header] : includes_below(entry.path().parent_path(), "")) {
      EXPECT_FALSE(header.starts_with("torch/")) << file;
    }
  }
}

}  // namespace
