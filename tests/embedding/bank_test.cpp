#include "testing.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

namespace biodta::embedding {
namespace {

namespace hdf5 = support::hdf5;
using biodta::testing::expect_error;
using biodta::testing::run_python;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr std::size_t kTokens = 2;
constexpr std::size_t kWidth = 3;

/// Every value tells where it belongs: context, gene and place in the row. All are exact in float16.
std::vector<float> rows_of(int context, std::initializer_list<std::uint32_t> genes) {
  std::vector<float> values;
  for (const std::uint32_t gene : genes) {
    for (std::size_t i = 0; i < kTokens * kWidth; ++i) {
      values.push_back(static_cast<float>(context * 50 + static_cast<int>(gene) * 10) +
                       static_cast<float>(i) / 8.0F);
    }
  }
  return values;
}

EmbeddingBank example() {
  EmbeddingBank bank({"ENSG1", "ENSG2", "ENSG3", "ENSG4"}, {"A", "B", "", "Δ"}, kTokens, kWidth,
                     rows_of(0, {0, 1, 2, 3}), {{"window", "196608"}, {"tss_policy", "most upstream"}});
  bank.add_context("donor-1", {1, 3}, rows_of(1, {1, 3}));
  bank.add_context("donor-2", {}, {});
  bank.add_context("GATA4 knock-out", {0, 1, 2, 3}, rows_of(3, {0, 1, 2, 3}));
  return bank;
}

void expect_row(const EmbeddingBank& bank, std::uint32_t gene, ContextIndex context, int from_context) {
  EXPECT_THAT(bank.row(bank.row_of(gene, context)), ElementsAreArray(rows_of(from_context, {gene})))
      << "gene " << gene << ", context " << context;
}

TEST(EmbeddingBank, FallsBackToTheReferenceWhereAContextHasNoRow) {
  const EmbeddingBank bank = example();
  for (std::uint32_t gene = 0; gene < 4; ++gene) {
    expect_row(bank, gene, kReference, 0);
    expect_row(bank, gene, 0, gene == 1 || gene == 3 ? 1 : 0);
    expect_row(bank, gene, 1, 0);
    expect_row(bank, gene, 2, 3);
  }
  EXPECT_EQ(bank.row_count(), 4U + 2U + 0U + 4U);
  EXPECT_EQ(bank.values().size(), bank.row_count() * kTokens * kWidth);
}

TEST(EmbeddingBank, FindsGenesAndContextsByName) {
  const EmbeddingBank bank = example();
  EXPECT_EQ(bank.gene_index("ENSG3"), 2U);
  EXPECT_EQ(bank.gene_index("A"), std::nullopt);
  EXPECT_EQ(bank.context_index("donor-2"), 1);
  EXPECT_EQ(bank.context_index("donor-3"), std::nullopt);
  EXPECT_THAT(bank.context_names(), ElementsAre("donor-1", "donor-2", "GATA4 knock-out"));
}

TEST(EmbeddingBank, RefusesWhatDoesNotFitTogether) {
  const auto bank = [](std::vector<std::string> genes, std::vector<std::string> symbols, std::size_t values) {
    return EmbeddingBank(std::move(genes), std::move(symbols), kTokens, kWidth, std::vector<float>(values));
  };
  expect_error<Error>([&] { bank({"a", "b"}, {"x"}, 12); }, {"symbols", "found 1", "expected 2"});
  expect_error<Error>([&] { bank({"a", "b"}, {"x", "y"}, 11); }, {"values", "found 11", "expected 12"});
  expect_error<Error>([&] { bank({"a", "a"}, {"x", "y"}, 12); }, {"'a'"});
  expect_error<Error>([] { EmbeddingBank({}, {}, 0, 3, {}); }, {"tokens_per_gene"});

  EmbeddingBank good = example();
  const std::vector<float> one = rows_of(4, {0});
  expect_error<Error>([&] { good.add_context("donor-1", {0}, one); }, {"'donor-1'", "already"});
  expect_error<Error>([&] { good.add_context("a/b", {0}, one); }, {"'a/b'", "slash"});
  expect_error<Error>([&] { good.add_context("c", {4}, one); }, {"gene index 4", "below 4"});
  expect_error<Error>([&] { good.add_context("c", {1, 0}, rows_of(4, {1, 0})); }, {"ascending"});
  expect_error<Error>([&] { good.add_context("c", {0, 1}, one); }, {"found 6", "expected 12"});
  expect_error<Error>([&] { static_cast<void>(good.row_of(4)); }, {"gene 4 of 4"});
  expect_error<Error>([&] { static_cast<void>(good.row(10)); }, {"row 10 of 10"});
  EXPECT_EQ(good.row_count(), 10U);
  EXPECT_EQ(good.context_names().size(), 3U);
}

class BankFile : public ::testing::TestWithParam<Precision> {
 protected:
  TemporaryFolder folder_;
};

TEST_P(BankFile, ReadsBackAsItWas) {
  example().write(folder_ / "bank.h5", GetParam());
  const EmbeddingBank bank = EmbeddingBank::read(folder_ / "bank.h5");
  EXPECT_EQ(bank.gene_ids(), example().gene_ids());
  EXPECT_EQ(bank.symbols(), example().symbols());
  EXPECT_EQ(bank.tokens_per_gene(), kTokens);
  EXPECT_EQ(bank.width(), kWidth);
  EXPECT_EQ(bank.provenance(), example().provenance());
  // By name, whatever the order they were added in.
  EXPECT_THAT(bank.context_names(), ElementsAre("GATA4 knock-out", "donor-1", "donor-2"));
  for (std::uint32_t gene = 0; gene < 4; ++gene) {
    expect_row(bank, gene, kReference, 0);
    expect_row(bank, gene, *bank.context_index("donor-1"), gene == 1 || gene == 3 ? 1 : 0);
    expect_row(bank, gene, *bank.context_index("donor-2"), 0);
    expect_row(bank, gene, *bank.context_index("GATA4 knock-out"), 3);
  }
}

TEST_P(BankFile, EqualBanksAreEqualFiles) {
  example().write(folder_ / "a.h5", GetParam());
  example().write(folder_ / "b.h5", GetParam());
  const auto bytes = [](const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  };
  EXPECT_EQ(bytes(folder_ / "a.h5"), bytes(folder_ / "b.h5"));
}

TEST_P(BankFile, ABankWithoutGenesIsABank) {
  EmbeddingBank({}, {}, 1, 4, {}).write(folder_ / "a.h5", GetParam());
  const EmbeddingBank bank = EmbeddingBank::read(folder_ / "a.h5");
  EXPECT_EQ(bank.gene_count(), 0U);
  EXPECT_EQ(bank.width(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Precisions, BankFile, ::testing::Values(Precision::kFloat16, Precision::kFloat32),
                         [](const auto& tested) {
                           return tested.param == Precision::kFloat16 ? std::string("Float16")
                                                                      : std::string("Float32");
                         });

class BankFiles : public BankFile {};

/// More values than the writer and reader hold at once.
TEST_F(BankFiles, Float16KeepsElevenBitsOfEveryValue) {
  constexpr std::size_t kGenes = 700;
  constexpr std::size_t kWide = 3072;
  std::vector<std::string> names(kGenes);
  for (std::size_t i = 0; i < kGenes; ++i) names[i] = "G" + std::to_string(i);
  support::RandomStream random(1);
  std::vector<float> values(kGenes * kWide);
  for (float& value : values) value = static_cast<float>(random.uniform(-20.0, 20.0));
  const EmbeddingBank bank(names, names, 1, kWide, values);
  bank.write(folder_ / "a.h5", Precision::kFloat16);
  const EmbeddingBank read = EmbeddingBank::read(folder_ / "a.h5");
  ASSERT_EQ(read.values().size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(read.values()[i], values[i], std::abs(values[i]) * 0x1p-11F + 0x1p-25F) << i;
  }
}

TEST_F(BankFiles, NumpyReadsTheSameHalves) {
  EmbeddingBank({"a"}, {"A"}, 1, 4, {0.1F, -3.14159F, 1e-6F, 65504.0F}, {{"window", "8"}})
      .write(folder_ / "a.h5", Precision::kFloat16);
  const auto printed = run_python(
      "import h5py, numpy\n"
      "f = h5py.File('" +
      (folder_ / "a.h5").string() +
      "')\n"
      "r = f['reference']\n"
      "print(r.dtype, r.shape, (r[0, 0] == numpy.array([.1, -3.14159, 1e-6, 65504], "
      "'f4').astype('f2')).all())\n"
      "print(f.attrs['format'], f.attrs['version'], f['gene_id'].asstr()[0], "
      "f['provenance'].attrs['window'])\n");
  if (!printed) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  EXPECT_EQ(*printed, "float16 (1, 1, 4) True\nbiodta-embedding-bank 1 a 8\n");
}

TEST_F(BankFiles, ValuesThatCannotBeStoredAreRefusedAndNothingIsWritten) {
  const EmbeddingBank large({"a"}, {"A"}, 1, 1, {70'000.0F});
  expect_error<Error>([&] { large.write(folder_ / "a.h5", Precision::kFloat16); },
                      {"a.h5", "70000", "store it as float32"});
  large.write(folder_ / "large.h5", Precision::kFloat32);
  const EmbeddingBank odd({"a"}, {"A"}, 1, 1, {NAN});
  expect_error<Error>([&] { odd.write(folder_ / "a.h5"); }, {"a.h5", "nan"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.h5"));
}

/// Changes a good file and says what reading it must complain about.
class DamagedBank : public BankFile {
 protected:
  template <class Change>
  void refuse(Change change, std::initializer_list<std::string_view> parts) {
    example().write(folder_ / "bank.h5");
    {
      hdf5::File file = hdf5::File::open_for_update(folder_ / "bank.h5");
      change(file);
      file.close();
    }
    expect_error<InputError>([&] { EmbeddingBank::read(folder_ / "bank.h5"); }, parts);
  }
};

TEST_F(DamagedBank, OfAnotherFormatOrVersion) {
  refuse([](hdf5::File& file) { file.set_attribute("format", "biodta-corpus"); },
         {"bank.h5", "'format'", "'biodta-corpus'", "'biodta-embedding-bank'"});
  refuse([](hdf5::File& file) { file.set_attribute("version", std::int64_t{2}); },
         {"'version'", "found 2", "expected 1"});
}

TEST_F(DamagedBank, WithIndicesThatPointNowhere) {
  const auto set_last = [](std::uint32_t value) {
    return [value](hdf5::File& file) {
      hdf5::Dataset genes = file.dataset("contexts/donor-1/gene_index");
      genes.write_rows<std::uint32_t>(1, 1, std::span(&value, 1));
    };
  };
  refuse(set_last(4), {"/contexts/donor-1/gene_index", "found 4", "below 4"});
  refuse(set_last(1), {"/contexts/donor-1/gene_index", "found 1", "ascending"});
}

TEST_F(DamagedBank, WithAValueThatIsNoNumber) {
  refuse(
      [](hdf5::File& file) {
        hdf5::Dataset reference = file.dataset("reference");
        std::vector<float> row(kTokens * kWidth, 1.0F);
        row[4] = NAN;
        reference.write_rows<float>(2, 1, row);
      },
      {"/reference", "row 2", "finite"});
}

TEST_F(DamagedBank, WithAShapeThatDoesNotFit) {
  const auto write = [&](std::vector<std::string> genes, std::vector<std::string> symbols,
                         std::vector<std::uint64_t> shape) {
    hdf5::File file = hdf5::File::create(folder_ / "shape.h5");
    file.set_attribute("format", "biodta-embedding-bank");
    file.set_attribute("version", std::int64_t{1});
    file.create_strings("gene_id", genes);
    file.create_strings("symbol", symbols);
    file.create_dataset("reference", hdf5::ElementType::kFloat32, shape);
    file.close();
    return EmbeddingBank::read(folder_ / "shape.h5");
  };
  EXPECT_EQ(write({"a", "b"}, {"", ""}, {2, 1, 3}).width(), 3U);  // contexts and provenance may be absent
  expect_error<InputError>(
      [&] {
        write({"a", "b"}, {"", ""}, {3, 1, 3});
      },
      {"/reference", "[3, 1, 3]", "[2, tokens, width]"});
  expect_error<InputError>([&] { write({"a", "b"}, {"", ""}, {2, 3}); }, {"/reference", "[2, 3]"});
  expect_error<InputError>([&] { write({"a", "b"}, {"", ""}, {2, 1, 0}); }, {"/reference", "[2, 1, 0]"});
  expect_error<InputError>(
      [&] {
        write({"a", "b"}, {""}, {2, 1, 3});
      },
      {"/symbol", "1 symbols", "2 as in gene_id"});
  expect_error<InputError>([&] { write({"a", "a"}, {"", ""}, {2, 1, 3}); }, {"/gene_id", "'a' twice"});
}

TEST_F(DamagedBank, ThatWasCutOff) {
  example().write(folder_ / "bank.h5");
  std::filesystem::resize_file(folder_ / "bank.h5", std::filesystem::file_size(folder_ / "bank.h5") - 1);
  expect_error<InputError>([&] { EmbeddingBank::read(folder_ / "bank.h5"); }, {"bank.h5", "truncated"});
  expect_error<InputError>([&] { EmbeddingBank::read(folder_ / "none.h5"); }, {"none.h5", "no such file"});
}

}  // namespace
}  // namespace biodta::embedding
