#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <hdf5.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

namespace biodta::support::hdf5 {
namespace {

using biodta::testing::expect_error;
using biodta::testing::fixture;
using biodta::testing::run_python;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::uint64_t> shape(std::initializer_list<std::uint64_t> sizes) {
  return sizes;
}

// --- what h5py wrote
// ------------------------------------------------------------------------------------------------

template <class T>
void expect_limits(const File& file, const char* name, ElementType type) {
  const Dataset dataset = file.dataset(std::string("numbers/") + name);
  EXPECT_EQ(dataset.type(), type);
  EXPECT_THAT(dataset.read_all<T>(),
              ElementsAre(std::numeric_limits<T>::min(), T{0}, T{7}, std::numeric_limits<T>::max()));
}

TEST(Hdf5Reading, IntegersOfEveryWidthFromH5py) {
  const File file = File::open(fixture("support/h5py.h5"));
  expect_limits<std::int8_t>(file, "int8", ElementType::kInt8);
  expect_limits<std::uint8_t>(file, "uint8", ElementType::kUint8);
  expect_limits<std::int16_t>(file, "int16", ElementType::kInt16);
  expect_limits<std::uint16_t>(file, "uint16", ElementType::kUint16);
  expect_limits<std::int32_t>(file, "int32", ElementType::kInt32);
  expect_limits<std::uint32_t>(file, "uint32", ElementType::kUint32);
  expect_limits<std::int64_t>(file, "int64", ElementType::kInt64);
  expect_limits<std::uint64_t>(file, "uint64", ElementType::kUint64);
  EXPECT_THAT(file.dataset("numbers/big_endian").read_all<std::int64_t>(), ElementsAre(1, -2, 3));
  EXPECT_THAT(file.dataset("numbers/scalar").read_all<std::int32_t>(), ElementsAre(42));
}

TEST(Hdf5Reading, FloatsOfEveryWidthFromH5py) {
  const File file = File::open(fixture("support/h5py.h5"));
  EXPECT_EQ(file.dataset("numbers/float16").type(), ElementType::kFloat16);
  const auto halves = file.dataset("numbers/float16").read_all<float>();
  EXPECT_THAT(halves, ElementsAre(1.0F, -0.333251953125F, std::ldexp(1.0F, -24), 65504.0F, -0.0F, HUGE_VALF));
  EXPECT_TRUE(std::signbit(halves[4]));
  EXPECT_THAT(file.dataset("numbers/float32").read_all<double>(), ElementsAre(0.5, -1.25, HUGE_VAL));
  EXPECT_THAT(file.dataset("numbers/float64").read_all<double>(), ElementsAre(0.1, -1e300));
}

TEST(Hdf5Reading, RawRowsOfFloat16AreTheirBits) {
  const File file = File::open(fixture("support/h5py.h5"));
  std::vector<std::uint16_t> bits(3);
  file.dataset("numbers/float16").read_rows_raw(2, 3, std::as_writable_bytes(std::span(bits)));
  EXPECT_THAT(bits, ElementsAre(0x0001, 0x7bff, 0x8000));
}

TEST(Hdf5Reading, TruthValuesEnumerationsAndOtherKinds) {
  const File file = File::open(fixture("support/h5py.h5"));
  EXPECT_EQ(file.dataset("truth").type(), ElementType::kBool);
  EXPECT_THAT(file.dataset("truth").read_all<std::uint8_t>(), ElementsAre(1, 0, 1));
  EXPECT_EQ(file.dataset("codes").type(), ElementType::kOther);
  EXPECT_THAT(file.dataset("codes").read_all<std::int32_t>(), ElementsAre(0, 2, 1));
  EXPECT_EQ(file.dataset("pairs").type(), ElementType::kOther);
  expect_error<InputError>([&] { file.dataset("pairs").read_all<float>(); },
                           {"h5py.h5", "/pairs", "numbers"});
}

TEST(Hdf5Reading, TextOfFixedAndVariableLength) {
  const File file = File::open(fixture("support/h5py.h5"));
  EXPECT_THAT(file.dataset("text/variable").read_strings(), ElementsAre("GATA4", "", "β-actin"));
  EXPECT_THAT(file.dataset("text/ascii").read_strings(), ElementsAre("ENSG1", "ENSG23"));
  EXPECT_THAT(file.dataset("text/scalar").read_strings(), ElementsAre("one"));
  expect_error<InputError>([&] { file.dataset("text/ascii").read_all<float>(); }, {"/text/ascii", "text"});
  expect_error<InputError>([&] { file.dataset("truth").read_strings(); }, {"/truth", "expected text"});
}

TEST(Hdf5Reading, AttributesFromH5py) {
  const Group text = File::open(fixture("support/h5py.h5")).group("text");
  EXPECT_EQ(text.text_attribute("encoding-type"), "dataframe");
  EXPECT_EQ(text.text_attribute("fixed"), "fixed");
  EXPECT_EQ(text.integer_attribute("ordered"), 1);
  EXPECT_EQ(text.text_attribute("one"), "5");
  EXPECT_EQ(text.text_attribute("large"), "18446744073709551615");
  EXPECT_EQ(text.text_attribute("ratio"), "0.1");
  EXPECT_EQ(text.double_attribute("ratio"), 0.1);
  EXPECT_THAT(text.integer_array_attribute("shape"), ElementsAre(20, 3));
  EXPECT_THAT(text.text_array_attribute("column-order"), ElementsAre("a", "b"));
  EXPECT_THAT(text.text_array_attribute("no-columns"), IsEmpty());
  EXPECT_THAT(text.text_array_attribute("empty"), IsEmpty());
  EXPECT_FALSE(text.has_attribute("none"));
  EXPECT_FALSE(text.maybe_text_attribute("none").has_value());
  EXPECT_EQ(text.attribute_names().size(), 10U);
  expect_error<InputError>([&] { text.text_attribute("none"); }, {"h5py.h5", "/text", "'none'"});
  expect_error<InputError>([&] { text.integer_attribute("shape"); }, {"'shape'", "2 values", "an integer"});
  expect_error<InputError>([&] { text.integer_attribute("fixed"); }, {"'fixed'", "no number", "an integer"});
}

TEST(Hdf5Reading, GroupsTellWhatTheyHold) {
  const File file = File::open(fixture("support/h5py.h5"));
  EXPECT_THAT(file.children(),
              ElementsAre("codes", "matrix", "missing", "numbers", "pairs", "text", "truth"));
  EXPECT_TRUE(file.is_group("/text/"));
  EXPECT_TRUE(file.exists("/"));
  EXPECT_TRUE(file.is_dataset("text/ascii"));
  EXPECT_FALSE(file.is_dataset("text"));
  EXPECT_FALSE(file.exists("text/none/deeper"));
  EXPECT_FALSE(file.exists("truth/none"));
  EXPECT_FALSE(file.exists("missing"));  // a link to nowhere
  EXPECT_EQ(file.group("text").name(), "/text");
  expect_error<InputError>([&] { file.group("text").dataset("none"); },
                           {"h5py.h5", "/text/none", "nothing", "a dataset"});
  expect_error<InputError>([&] { file.group("truth"); }, {"/truth", "another kind", "a group"});
}

TEST(Hdf5Reading, RowsOfACompressedMatrix) {
  const Dataset matrix = File::open(fixture("support/h5py.h5")).dataset("matrix");
  EXPECT_EQ(matrix.shape(), shape({20, 3}));
  EXPECT_EQ(matrix.chunk(), shape({8, 3}));
  std::vector<float> rows(2 * 3);
  matrix.read_rows<float>(7, 2, rows);
  EXPECT_THAT(rows, ElementsAre(21, 22, 23, 24, 25, 26));
  std::vector<float> none;
  matrix.read_rows<float>(20, 0, none);
  expect_error<InputError>([&] { matrix.read_rows<float>(19, 2, rows); },
                           {"/matrix", "20 rows", "at least 21"});
  expect_error<InputError>([&] { matrix.read<float>(0, rows); }, {"/matrix", "2 dimensions"});
  EXPECT_THROW(matrix.read_rows<float>(0, 1, rows), std::invalid_argument);
}

TEST(Hdf5Reading, ObjectsOutliveTheFileThatOpenedThem) {
  const Dataset dataset = File::open(fixture("support/h5py.h5")).group("numbers").dataset("int8");
  EXPECT_EQ(dataset.read_all<std::int8_t>().size(), 4U);
}

// --- what this library writes
// ---------------------------------------------------------------------------------------

TEST(Hdf5Writing, EverythingReadsBack) {
  const TemporaryFolder folder;
  {
    File file = File::create(folder / "a.h5");
    file.set_attribute("format", "biodta-test");
    file.set_attribute("version", std::int64_t{3});
    file.set_attribute("version", std::int64_t{4});  // replaces
    file.set_attribute("ratio", 0.25);
    file.set_attribute("flag", true);
    const std::vector<std::string> names = {"a", "", "β"};
    file.set_attribute("names", names);
    const std::vector<std::int64_t> sizes = {1, -2};
    file.set_attribute("sizes", sizes);
    file.create_strings("deep/er/names", names);
    file.create_text("deep/note", "text");
    const std::vector<std::uint16_t> values = {1, 65535};
    file.create_values<std::uint16_t>("deep/values", values);
    const std::vector<std::uint8_t> truths = {1, 0};
    Dataset truth = file.create_dataset("truth", ElementType::kBool, shape({2}));
    truth.write_all<std::uint8_t>(truths);
    file.create_values<float>("empty", {});
    file.close();
  }
  const File file = File::open(folder / "a.h5");
  EXPECT_EQ(file.text_attribute("format"), "biodta-test");
  EXPECT_EQ(file.integer_attribute("version"), 4);
  EXPECT_EQ(file.double_attribute("ratio"), 0.25);
  EXPECT_EQ(file.integer_attribute("flag"), 1);
  EXPECT_THAT(file.text_array_attribute("names"), ElementsAre("a", "", "β"));
  EXPECT_THAT(file.integer_array_attribute("sizes"), ElementsAre(1, -2));
  EXPECT_THAT(file.dataset("deep/er/names").read_strings(), ElementsAre("a", "", "β"));
  EXPECT_THAT(file.dataset("deep/note").read_strings(), ElementsAre("text"));
  EXPECT_EQ(file.dataset("deep/values").type(), ElementType::kUint16);
  EXPECT_THAT(file.dataset("deep/values").read_all<std::uint16_t>(), ElementsAre(1, 65535));
  EXPECT_EQ(file.dataset("truth").type(), ElementType::kBool);
  EXPECT_THAT(file.dataset("truth").read_all<std::uint8_t>(), ElementsAre(1, 0));
  EXPECT_THAT(file.dataset("empty").read_all<float>(), IsEmpty());
}

TEST(Hdf5Writing, H5pyReadsItAll) {
  const TemporaryFolder folder;
  File file = File::create(folder / "a.h5");
  file.set_attribute("format", "biodta-test");
  file.set_attribute("flag", true);
  file.create_strings("names", std::vector<std::string>{"GATA4", "β"});
  file.create_text("note", "text");
  Dataset truth = file.create_dataset("truth", ElementType::kBool, shape({2}));
  truth.write_all<std::uint8_t>(std::vector<std::uint8_t>{1, 0});
  Dataset half = file.create_dataset("half", ElementType::kFloat16, shape({3}));
  half.write_all<float>(std::vector<float>{1.0F, 0.1F, -65504.0F});
  const DatasetLayout layout{{16}, 4, true, true};
  file.create_values<std::int32_t>("group/growing", std::vector<std::int32_t>(40, 7), layout);
  file.close();
  const auto printed = run_python(
      "import h5py, numpy\n"
      "f = h5py.File('" +
      (folder / "a.h5").string() +
      "')\n"
      "print(f.attrs['format'], type(f.attrs['flag']).__name__, f.attrs['flag'])\n"
      "print(f['names'].asstr()[:].tolist(), f['note'].asstr()[()])\n"
      "print(f['truth'].dtype, f['truth'][:].tolist())\n"
      "print(f['half'].dtype, (f['half'][:] == numpy.array([1, .1, -65504], 'f2')).all())\n"
      "d = f['group/growing']\n"
      "print(d.dtype, d.shape, d.maxshape, d.chunks, d.compression, d.shuffle, d[:].sum())\n");
  if (!printed) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  EXPECT_EQ(*printed,
            "biodta-test bool True\n"
            "['GATA4', 'β'] text\n"
            "bool [True, False]\n"
            "float16 True\n"
            "int32 (40,) (None,) (16,) gzip True 280\n");
}

TEST(Hdf5Writing, GrowsByAppendingAndByRows) {
  const TemporaryFolder folder;
  File file = File::create(folder / "a.h5");
  Dataset line = file.create_dataset("line", ElementType::kUint16, shape({0}), {{1000}, 1, true, true});
  std::vector<std::uint16_t> all;
  RandomStream random(1);
  for (int i = 0; i < 50; ++i) {
    std::vector<std::uint16_t> piece(random.below(200));
    for (auto& value : piece) value = static_cast<std::uint16_t>(random.below(65536));
    line.append<std::uint16_t>(piece);
    all.insert(all.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(line.read_all<std::uint16_t>(), all);
  Dataset table =
      file.create_dataset("table", ElementType::kFloat32, shape({0, 2}), {{4, 2}, 0, false, true});
  table.write_rows<float>(3, 1, std::vector<float>{7, 8});
  table.write_rows<float>(0, 2, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(table.shape(), shape({4, 2}));
  EXPECT_THAT(table.read_all<float>(), ElementsAre(1, 2, 3, 4, 0, 0, 7, 8));
  Dataset fixed = file.create_dataset("fixed", ElementType::kFloat32, shape({1}));
  expect_error<InputError>([&] { fixed.write_rows<float>(1, 1, std::vector<float>{1}); }, {"/fixed"});
}

TEST(Hdf5Writing, LargeChunksAreReadRowByRow) {
  const TemporaryFolder folder;
  File file = File::create(folder / "a.h5");
  constexpr std::uint64_t kRows = 3000;
  constexpr std::uint64_t kWidth = 512;  // a chunk of 2 MB, more than HDF5's own cache
  std::vector<float> values(kRows * kWidth);
  std::iota(values.begin(), values.end(), 0.0F);
  file.create_dataset("m", ElementType::kFloat32, shape({kRows, kWidth}), {{1000, kWidth}, 1, true, false})
      .write_all<float>(values);
  file.close();
  const Dataset matrix = File::open(folder / "a.h5").dataset("m");
  std::vector<float> row(kWidth);
  for (std::uint64_t i = 0; i < kRows; i += 7) {
    matrix.read_rows<float>(i, 1, row);
    ASSERT_EQ(row.front(), static_cast<float>(i * kWidth));
    ASSERT_EQ(row.back(), static_cast<float>(i * kWidth + kWidth - 1));
  }
}

TEST(Hdf5Writing, UpdatesWhatIsThere) {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2, 3};
  File made = File::create(folder / "a.h5");
  made.create_values<float>("x", values);
  made.close();
  {
    File file = File::open_for_update(folder / "a.h5");
    Dataset dataset = file.dataset("x");
    dataset.write_rows<float>(1, 1, std::vector<float>{9});
    file.close();
  }
  EXPECT_THAT(File::open(folder / "a.h5").dataset("x").read_all<float>(), ElementsAre(1, 9, 3));
  Dataset read_only = File::open(folder / "a.h5").dataset("x");
  expect_error<InputError>([&] { read_only.write_all<float>(values); }, {"a.h5", "/x"});
}

TEST(Hdf5Writing, EqualContentsGiveEqualBytesAtAnyTime) {
  const TemporaryFolder folder;
  const auto write = [&](const char* name) {
    File file = File::create(folder / name);
    file.set_attribute("format", "x");
    file.create_strings("a/b/names", std::vector<std::string>{"one", "two"});
    file.create_values<float>("a/values", std::vector<float>(100, 1.0F), {{10}, 4, true, false});
    file.create_group("a/c").set_attribute("n", std::int64_t{1});
    file.close();
    return read_text_file(folder / name);
  };
  const std::string first = write("1.h5");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // times are stored in seconds
  EXPECT_EQ(first, write("2.h5"));
}

// --- what goes wrong
// ------------------------------------------------------------------------------------------------

TEST(Hdf5Errors, NameTheFileAndTheCause) {
  const TemporaryFolder folder;
  expect_error<InputError>([&] { File::open(folder / "none.h5"); }, {"none.h5", "no such file"});
  expect_error<InputError>([&] { File::open(folder.path()); }, {"a folder"});
  write_text_file(folder / "text.h5", "this is no HDF5 file");
  expect_error<InputError>([&] { File::open(folder / "text.h5"); }, {"text.h5", "signature", "an HDF5 file"});
  std::filesystem::copy_file(fixture("support/h5py.h5"), folder / "cut.h5");
  std::filesystem::resize_file(folder / "cut.h5", 1000);
  expect_error<InputError>([&] { File::open(folder / "cut.h5"); }, {"cut.h5", "truncated file"});
  expect_error<InputError>([&] { File::create(folder / "no/such/folder/a.h5"); }, {"no/such/folder/a.h5"});
}

TEST(Hdf5Errors, NothingIsPrintedAndTheProgramsPrinterIsLeftAsItWas) {
  H5E_auto2_t before = nullptr;
  H5E_auto2_t after = nullptr;
  void* data = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &before, &data);
  ASSERT_NE(before, nullptr);
  ::testing::internal::CaptureStderr();
  EXPECT_THROW(File::open(fixture("support/h5py.h5")).dataset("none"), InputError);
  EXPECT_FALSE(File::open(fixture("support/h5py.h5")).exists("none/deeper"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  H5Eget_auto2(H5E_DEFAULT, &after, &data);
  EXPECT_EQ(before, after);
}

TEST(Hdf5Errors, ADamagedChunkIsNamed) {
  const TemporaryFolder folder;
  File file = File::create(folder / "a.h5");
  std::vector<std::int32_t> values(100'000);
  std::iota(values.begin(), values.end(), 0);
  file.create_values<std::int32_t>("x", values, {{100'000}, 6, false, false});
  file.close();
  std::string bytes = read_text_file(folder / "a.h5");
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 100; ++i)
    bytes[i] = static_cast<char>(~bytes[i]);
  write_text_file(folder / "a.h5", bytes);
  expect_error<InputError>([&] { File::open(folder / "a.h5").dataset("x").read_all<std::int32_t>(); },
                           {"a.h5", "/x"});
}

TEST(Hdf5Errors, DamageIsNotTakenForAbsence) {
  const TemporaryFolder folder;
  File file = File::create(folder / "a.h5");
  file.create_group("group").create_values<float>("x", std::vector<float>{1});
  file.close();
  std::string bytes = read_text_file(folder / "a.h5");
  const std::size_t header = bytes.find("OHDR", bytes.find("OHDR") + 1);  // of what the root holds
  ASSERT_NE(header, std::string::npos);
  bytes[header + 4] = 99;  // a version that there is not
  write_text_file(folder / "a.h5", bytes);
  const File damaged = File::open(folder / "a.h5");
  expect_error<InputError>([&] { damaged.exists("group/x"); }, {"a.h5", "/group/x"});
  expect_error<InputError>([&] { damaged.dataset("group/x"); }, {"a.h5", "/group/x"});
}

TEST(Hdf5Errors, AClosedFileSaysSo) {
  const TemporaryFolder folder;
  File file = File::create(folder / "a.h5");
  const Dataset dataset = file.create_values<float>("x", std::vector<float>{1});
  file.close();
  file.close();  // nothing more to do
  expect_error<InputError>([&] { dataset.read_all<float>(); }, {"a.h5", "closed"});
}

TEST(Hdf5Threads, ObjectsAreUsedFromManyAtOnce) {
  const Dataset matrix = File::open(fixture("support/h5py.h5")).dataset("matrix");
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<float> row(3);
      for (int i = 0; i < 200; ++i) {
        const auto at = static_cast<std::uint64_t>((i * 7 + t) % 20);
        matrix.read_rows<float>(at, 1, row);
        if (row[0] != static_cast<float>(at * 3)) ++wrong;
        if (!File::open(fixture("support/h5py.h5")).exists("text")) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Hdf5, ElementSizesAreThoseInTheFile) {
  EXPECT_EQ(element_size(ElementType::kFloat16), 2U);
  EXPECT_EQ(element_size(ElementType::kBool), 1U);
  EXPECT_EQ(element_size(ElementType::kUint64), 8U);
  EXPECT_EQ(element_size(ElementType::kFloat32), 4U);
  EXPECT_THROW(element_size(ElementType::kString), Error);
}

}  // namespace
}  // namespace biodta::support::hdf5
