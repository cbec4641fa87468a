#include "testing.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/embedding/bank_reader.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <gmock/gmock.h>

namespace biodta::embedding {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OpenBank : public ::testing::Test {
 protected:
  OpenBank() {
    EmbeddingBank bank({"a", "b", "c"}, {"A", "B", "C"}, 1, 2, {0, 1, 2, 3, 4, 5}, {{"window", "8"}});
    bank.add_context("z", {0, 2}, std::vector<float>{10, 11, 12, 13});
    bank.add_context("d", {1}, std::vector<float>{20, 21});
    bank.write(path_, Precision::kFloat16);
  }
  template <class Change>
  void refuse(Change change, std::initializer_list<std::string_view> parts) {
    {
      auto file = support::hdf5::File::open_for_update(path_);
      change(file);
      file.close();
    }
    expect_error<InputError>([&] { BankReader reader(path_); }, parts);
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "bank.h5";
};

TEST_F(OpenBank, GivesAnyBlockOfRows) {
  const BankReader bank(path_);
  EXPECT_THAT(bank.header().gene_ids, ElementsAre("a", "b", "c"));
  EXPECT_EQ(bank.header().precision, Precision::kFloat16);
  EXPECT_THAT(bank.header().contexts, ElementsAre(ContextSize{"d", 1}, ContextSize{"z", 2}));
  std::vector<float> rows(4);
  bank.read_reference(1, 2, rows);
  EXPECT_THAT(rows, ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(bank.context_genes(1), ElementsAre(0U, 2U));
  rows.resize(2);
  bank.read_context(1, 1, 1, rows);
  EXPECT_THAT(rows, ElementsAre(12, 13));
}

TEST_F(OpenBank, OfTheFirstProgramsSaysNothingOfKnownBasesAndGenesLeftOut) {
  const BankReader bank(path_);
  EXPECT_THAT(bank.header().known_bases, IsEmpty());
  EXPECT_THAT(bank.header().left_out, IsEmpty());
}

TEST_F(OpenBank, RefusesSharesThatAreNone) {
  refuse(
      [](auto& file) {
        file.template create_values<float>("known_bases", std::vector<float>{0, 1});
      },
      {"/known_bases", "2 shares", "3 as in gene_id"});
}

TEST_F(OpenBank, RefusesSharesBeyondOne) {
  refuse(
      [](auto& file) {
        file.template create_values<float>("known_bases", std::vector<float>{0, 1, 2});
      },
      {"/known_bases", "from 0 to 1"});
}

TEST_F(OpenBank, RefusesAListOfLeftOutGenesWithHoles) {
  refuse(
      [](auto& file) {
        file.create_strings("left_out/gene_id", std::vector<std::string>{"x", "y"});
        file.create_strings("left_out/symbol", std::vector<std::string>{"X", "Y"});
        file.create_strings("left_out/reason", std::vector<std::string>{"nothing but N"});
      },
      {"/left_out", "unequal length"});
}

}  // namespace
}  // namespace biodta::embedding
