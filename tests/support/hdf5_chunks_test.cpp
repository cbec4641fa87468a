// Chunks that Bio-DTA decompresses itself, held against HDF5's own reading: a file opened for update takes
// that way, a file opened for reading the other.
#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace biodta::support::hdf5 {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

class ChunksTest : public ::testing::Test {
 protected:
  /// A dataset "x" of rows x columns (0 = one dimension) random values.
  template <class T>
  void write(std::uint64_t rows, std::uint64_t columns, const DatasetLayout& layout) {
    RandomStream random(7);
    std::vector<T> values(rows * std::max<std::uint64_t>(columns, 1));
    for (T& value : values) value = static_cast<T>(random.normal(0.0, 300.0));
    File file = File::create(path_);
    std::vector<std::uint64_t> shape = {rows};
    if (columns > 0) shape.push_back(columns);
    constexpr ElementType kType = std::is_same_v<T, float>          ? ElementType::kFloat32
                                  : std::is_same_v<T, double>       ? ElementType::kFloat64
                                  : std::is_same_v<T, std::int16_t> ? ElementType::kInt16
                                                                    : ElementType::kInt64;
    file.create_dataset("x", kType, shape, layout).write_all<T>(values);
    file.close();
  }

  template <class T>
  void expect_alike(std::uint64_t rows, std::uint64_t columns) {
    const Dataset ours = File::open(path_).dataset("x");
    const std::vector<T> whole = ours.read_all<T>();
    RandomStream random(1);
    std::vector<std::vector<T>> pieces;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t first = random.below(rows);
      const std::uint64_t count = 1 + random.below(rows - first);
      ranges.emplace_back(first, count);
      pieces.emplace_back(count * std::max<std::uint64_t>(columns, 1));
      ours.read_rows<T>(first, count, pieces.back());
    }
    const std::filesystem::path copy = folder_ / "copy.h5";  // HDF5 opens no file in two ways at once
    std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
    const Dataset theirs = File::open_for_update(copy).dataset("x");
    EXPECT_EQ(whole, theirs.read_all<T>());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      std::vector<T> expected(pieces[i].size());
      theirs.read_rows<T>(ranges[i].first, ranges[i].second, expected);
      EXPECT_EQ(pieces[i], expected) << ranges[i].first << " + " << ranges[i].second;
    }
  }

  template <class T>
  void expect_all_types_alike(std::uint64_t rows, std::uint64_t columns, const DatasetLayout& layout) {
    write<T>(rows, columns, layout);
    expect_alike<std::int8_t>(rows, columns);
    expect_alike<std::uint16_t>(rows, columns);
    expect_alike<std::int32_t>(rows, columns);
    expect_alike<std::int64_t>(rows, columns);
    expect_alike<float>(rows, columns);
    expect_alike<double>(rows, columns);
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "x.h5";
};

TEST_F(ChunksTest, EveryTypeConvertsAsHdf5DoesIt) {
  const DatasetLayout layout{{100}, 1, true, false};
  expect_all_types_alike<float>(1234, 0, layout);
  expect_all_types_alike<double>(1234, 0, layout);
  expect_all_types_alike<std::int16_t>(1234, 0, layout);
  expect_all_types_alike<std::int64_t>(1234, 0, layout);
}

TEST_F(ChunksTest, EveryPipelineOfFiltersReadsAlike) {
  for (const DatasetLayout& layout :
       {DatasetLayout{{64}, 0, false, false}, DatasetLayout{{64}, 4, false, false},
        DatasetLayout{{64}, 0, true, false}, DatasetLayout{{5000}, 9, true, true},
        DatasetLayout{{1}, 1, true, false}}) {
    expect_all_types_alike<std::int16_t>(500, 0, layout);
  }
}

TEST_F(ChunksTest, TilesOfAMatrixReadAlikeWhereverTheyEnd) {
  expect_all_types_alike<float>(37, 23, {{10, 7}, 1, true, false});
  expect_all_types_alike<float>(37, 23, {{10, 23}, 1, false, false});
  expect_all_types_alike<std::int64_t>(37, 23, {{64, 23}, 1, true, true});
}

TEST_F(ChunksTest, ChunksThatWereNeverWrittenAreFilledAsHdf5DoesIt) {
  const std::uint64_t rows = 1000;
  File file = File::create(path_);
  Dataset made = file.create_dataset("x", ElementType::kFloat32, {&rows, 1}, {{100}, 1, true, false});
  const std::vector<float> values(50, 2.5F);
  made.write_rows<float>(300, 50, values);
  file.close();
  expect_alike<float>(rows, 0);
}

TEST_F(ChunksTest, DamagedDataAreRefusedNamingTheChunk) {
  write<float>(4000, 0, {{1000}, 4, false, false});
  std::ifstream in(path_, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  // The values fill most of the file; whatever is hit in the middle is compressed data.
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), 64, '\xff');
  std::ofstream(path_, std::ios::binary) << bytes;
  expect_error<InputError>([&] { File::open(path_).dataset("x").read_all<float>(); },
                           {"x.h5", "/x, chunk at ", "damaged compressed data"});
}

}  // namespace
}  // namespace biodta::support::hdf5
