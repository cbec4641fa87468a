// Text of variable length, held against HDF5's own reading (of a file opened for update), and damaged.
#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace biodta::support::hdf5 {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

class HeapTextTest : public ::testing::Test {
 protected:
  /// Texts of many lengths, some of them empty, one longer than a piece of the heap.
  static std::vector<std::string> texts() {
    RandomStream random(5);
    std::vector<std::string> made;
    for (int i = 0; i < 700; ++i) made.push_back(std::string(random.below(40), 'a') + std::to_string(i));
    made[3].clear();
    made[699].clear();
    made[100] = std::string(9000, 'x');
    return made;
  }
  void write(const std::vector<std::string>& values, const DatasetLayout& layout) {
    File file = File::create(path_);
    const std::uint64_t none = 0;
    if (layout.chunk.empty()) {
      file.create_strings("t", values);
    } else {
      file.create_dataset("t", ElementType::kString, {&none, 1}, layout).append_strings(values);
    }
    file.close();
  }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The file with one byte changed must be refused.
  void expect_refused_with(std::size_t at, char byte, const std::string& whole, std::string_view words) {
    std::string changed = whole;
    changed.at(at) = byte;
    std::ofstream(path_, std::ios::binary) << changed;
    expect_error<InputError>([&] { File::open(path_).dataset("t").read_strings(); }, {"t.h5", words});
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "t.h5";
};

TEST_F(HeapTextTest, EveryLayoutReadsAsHdf5DoesIt) {
  const std::vector<std::string> values = texts();
  for (const DatasetLayout& layout :
       {DatasetLayout{}, DatasetLayout{{64}, 0, false, true}, DatasetLayout{{64}, 1, false, true},
        DatasetLayout{{1000}, 1, true, true}}) {
    write(values, layout);
    const std::filesystem::path copy = folder_ / "copy.h5";
    std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(File::open_for_update(copy).dataset("t").read_strings(), values);
    const Dataset ours = File::open(path_).dataset("t");
    EXPECT_EQ(ours.read_strings(), values);
    EXPECT_EQ(ours.read_strings(690, 10), std::vector<std::string>(values.begin() + 690, values.end()));
    EXPECT_TRUE(ours.read_strings(5, 0).empty());
    expect_error<InputError>([&] { ours.read_strings(690, 11); }, {"/t", "700 rows", "701"});
  }
}

TEST_F(HeapTextTest, DamagedTextOfAttributesIsToldWhenTheFileIsOpened) {
  File file = File::create(path_);
  const std::vector<std::string> words = {"first", "second"};
  file.set_attribute("words", std::span<const std::string>(words));  // of variable length, so in the heap
  file.close();
  EXPECT_EQ(File::open(path_).text_array_attribute("words"), words);
  std::string changed = bytes();
  const std::size_t first = changed.find("first", changed.find("GCOL"));
  ASSERT_NE(first, std::string::npos);
  changed.at(first - 2) = '\x7f';  // the object's size
  std::ofstream(path_, std::ios::binary) << changed;
  expect_error<InputError>([&] { File::open(path_); }, {"t.h5", "a damaged heap of text at "});
}

TEST_F(HeapTextTest, DamageIsToldAndNeverFollowed) {
  write({"first", "second", "third"}, {});
  const std::string whole = bytes();
  const std::size_t heap = whole.find("GCOL");
  ASSERT_NE(heap, std::string::npos);
  const std::size_t first = whole.find("first", heap);
  expect_refused_with(heap, 'X', whole, "a damaged heap");
  expect_refused_with(heap + 14, '\x7f', whole, "a damaged heap");  // a size beyond the file
  expect_refused_with(first - 2, '\x7f', whole, "a damaged heap");  // an object beyond its collection
  expect_refused_with(first - 8, '\x04', whole, "row 0");           // an object of another length
  expect_refused_with(first - 16, '\x09', whole, "row 0");          // an object of another number
}

}  // namespace
}  // namespace biodta::support::hdf5
