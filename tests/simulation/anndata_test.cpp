// The counts and tracks as Python's own readers see them.
#include <biodta/simulation/world_files.hpp>

#include <gtest/gtest.h>
#include <simulation/naive_promoter.hpp>
#include <testing.hpp>

#include <cstdio>
#include <numeric>
#include <string>

namespace biodta::simulation {
namespace {

namespace fs = std::filesystem;

fs::path project_root() {
  return fs::path(BIODTA_TESTS_SOURCE_DIR).parent_path();
}

/// What a command prints, both streams; `status` is its exit code's raw form.
std::string output_of(const std::string& command, int& status) {
  std::string text;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  status = ::pclose(pipe);
  return text;
}

TEST(SimulatedWorld, IsReadByAnndataAndH5py) {
  const fs::path readers = project_root() / ".deps/test-readers";
  const fs::path python = project_root() / ".deps/python/bin/python";
  if (!fs::exists(readers) || !fs::exists(python)) {
    GTEST_SKIP() << "Python's readers are absent: " << readers << " (scripts/setup --tests)";
  }
  const testing::TemporaryFolder folder;
  const World world = simulate_world(testing::few_cells(51));
  write_world(world, folder / "world");
  const auto& counts = world.cells.counts;
  const double total = std::accumulate(counts.counts.begin(), counts.counts.end(), 0.0);
  const double signal = std::accumulate(world.loci.tracks.begin(), world.loci.tracks.end(), 0.0);
  int status = -1;
  const std::string text =
      output_of("PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='" + readers.string() + "' '" + python.string() +
                    "' '" + (fs::path(BIODTA_TESTS_SOURCE_DIR) / "simulation/read_world.py").string() +
                    "' '" + (folder / "world").string() + "'",
                status);
  ASSERT_EQ(status, 0) << text;
  const std::string expected = "shape 40 160\ntotal " + std::to_string(static_cast<long>(total)) +
                               "\nvalues " + std::to_string(counts.counts.size()) + "\nfirst " +
                               world.donors[static_cast<std::size_t>(world.cells.donor[0])] + " " +
                               world.cell_types[static_cast<std::size_t>(world.cells.type[0])] +
                               "\nsplit heldout,train\ngene SIMG00000000001 GATA4\n" + "tracks 4 16 13 " +
                               std::to_string(static_cast<long>(4 * signal)) + " CAGE\n";
  EXPECT_EQ(text, expected);
}

}  // namespace
}  // namespace biodta::simulation
