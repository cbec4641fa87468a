#include "testing.hpp"

#include <biodta/embedding/united_banks.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <array>

namespace biodta::embedding {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kSize = 2;

/// Rows of two values that tell gene and context.
std::vector<float> told_rows(std::initializer_list<std::array<float, 2>> rows) {
  std::vector<float> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

/// Genes A, B; donor d1 differs in B.
EmbeddingBank first_bank() {
  EmbeddingBank bank({"A", "B"}, {"a", "b"}, 1, kSize, told_rows({{1, 0}, {2, 0}}),
                     {{"model_checksum", "crc32:1"}, {"variants", "first.vcf"}, {"genome", "g.fa"}});
  bank.add_context("d1", {1}, told_rows({{2, 1}}));
  bank.set_known_bases({0.5F, 1.0F});
  bank.set_left_out({{"C", "c", "off the contig"}, {"D", "d", "no contig"}});
  return bank;
}

/// Genes B, C; donor d0 differs in both, d1 in C.
EmbeddingBank second_bank() {
  EmbeddingBank bank({"B", "C"}, {"b", "c"}, 1, kSize, told_rows({{2, 0}, {3, 0}}),
                     {{"model_checksum", "crc32:1"}, {"variants", "second.vcf"}, {"genome", "g.fa"}});
  bank.add_context("d0", {0, 1}, told_rows({{2, 7}, {3, 7}}));
  bank.set_known_bases({1.0F, 0.25F});
  bank.set_left_out({{"D", "d", "no contig"}});
  return bank;
}

class UnitedBanks : public ::testing::Test {
 protected:
  EmbeddingBank unite(const EmbeddingBank& a, const EmbeddingBank& b) {
    a.write(paths_[0]);
    b.write(paths_[1]);
    return read_banks(paths_);
  }

  void expect_refusal(const EmbeddingBank& a, const EmbeddingBank& b,
                      std::initializer_list<std::string_view> parts) {
    const auto message = expect_error<InputError>([&] { unite(a, b); }, parts);
    EXPECT_THAT(message, ::testing::StartsWith(paths_[1].string()));
    EXPECT_THAT(message, ::testing::HasSubstr(paths_[0].string()));
  }

  TemporaryFolder folder_;
  std::vector<std::filesystem::path> paths_{folder_ / "a.h5", folder_ / "b.h5"};
};

std::vector<float> row_of(const EmbeddingBank& bank, const std::string& gene, const std::string& context) {
  const auto row = bank.row(bank.row_of(bank.gene_index(gene).value(),
                                        context.empty() ? kReference : bank.context_index(context).value()));
  return {row.begin(), row.end()};
}

TEST_F(UnitedBanks, HaveEveryGeneAndContextOfAny) {
  const auto bank = unite(first_bank(), second_bank());
  EXPECT_THAT(bank.gene_ids(), ElementsAre("A", "B", "C"));
  EXPECT_THAT(bank.symbols(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(bank.context_names(), ElementsAre("d0", "d1"));
  EXPECT_THAT(row_of(bank, "A", ""), ElementsAre(1, 0));
  EXPECT_THAT(row_of(bank, "C", ""), ElementsAre(3, 0));
  EXPECT_THAT(row_of(bank, "A", "d0"), ElementsAre(1, 0));
  EXPECT_THAT(row_of(bank, "B", "d0"), ElementsAre(2, 7));
  EXPECT_THAT(row_of(bank, "C", "d0"), ElementsAre(3, 7));
  EXPECT_THAT(row_of(bank, "B", "d1"), ElementsAre(2, 1));
  EXPECT_THAT(row_of(bank, "C", "d1"), ElementsAre(3, 0));
}

TEST_F(UnitedBanks, TellWhatAllOfThemTell) {
  auto bank = unite(first_bank(), second_bank());
  EXPECT_THAT(bank.known_bases(), ElementsAre(0.5F, 1.0F, 0.25F));
  EXPECT_EQ(bank.provenance(), (Provenance{{"model_checksum", "crc32:1"}, {"genome", "g.fa"}}));
  EXPECT_THAT(bank.left_out(), ElementsAre(LeftOutGene{"D", "d", "no contig"}));
  EmbeddingBank unknown({"E"}, {"e"}, 1, kSize, told_rows({{5, 0}}));
  EXPECT_THAT(unite(first_bank(), unknown).known_bases(), IsEmpty());
}

TEST_F(UnitedBanks, OneIsItself) {
  first_bank().write(paths_[0]);
  const auto bank = read_banks(std::span(paths_).first(1));
  EXPECT_EQ(bank.provenance(), first_bank().provenance());
  EXPECT_THAT(bank.values(), ::testing::ElementsAreArray(first_bank().values()));
}

TEST_F(UnitedBanks, MayDifferByRounding) {
  EmbeddingBank rounded({"B"}, {"b"}, 1, kSize, told_rows({{2.001F, 0}}));
  EXPECT_THAT(row_of(unite(first_bank(), rounded), "B", ""), ElementsAre(2, 0));
}

TEST_F(UnitedBanks, ThatContradictEachOtherAreRefused) {
  EmbeddingBank other_row({"B"}, {"b"}, 1, kSize, told_rows({{2.1F, 0}}));
  expect_refusal(first_bank(), other_row, {"row of B: found another than in"});
  EmbeddingBank other_donor({"B"}, {"b"}, 1, kSize, told_rows({{2, 0}}));
  other_donor.add_context("d1", {0}, told_rows({{2, 2}}));
  expect_refusal(first_bank(), other_donor, {"row of B in 'd1'"});
  EmbeddingBank no_variant({"B"}, {"b"}, 1, kSize, told_rows({{2, 0}}));
  no_variant.add_context("d1", {}, {});
  expect_refusal(first_bank(), no_variant, {"row of B in 'd1'"});
}

TEST_F(UnitedBanks, OfOtherShapeOrOriginAreRefused) {
  expect_refusal(first_bank(), EmbeddingBank({"E"}, {"e"}, 1, 1, {5}),
                 {"reference: found 1 x 1, expected 1 x 2"});
  EmbeddingBank other_network({"E"}, {"e"}, 1, kSize, told_rows({{5, 0}}), {{"model_checksum", "crc32:2"}});
  expect_refusal(first_bank(), other_network, {"model_checksum: found crc32:2, expected crc32:1"});
}

TEST(JoinedBanks, HaveRowsOfEveryKindForTheGenesOfAll) {
  EmbeddingBank proteins({"C", "B", "E"}, {"", "", ""}, 1, 1, {30, 20, 50});
  proteins.add_context("d0", {0}, std::vector<float>{31});
  proteins.add_context("d9", {1, 2}, std::vector<float>{29, 59});
  const auto bank = join_banks({second_bank(), proteins});
  EXPECT_THAT(bank.gene_ids(), ElementsAre("B", "C"));
  EXPECT_THAT(bank.symbols(), ElementsAre("b", "c"));
  EXPECT_THAT(bank.parts(), ElementsAre(2, 1));
  EXPECT_THAT(bank.known_bases(), ElementsAre(1.0F, 0.25F));
  EXPECT_THAT(bank.context_names(), ElementsAre("d0", "d9"));
  EXPECT_THAT(row_of(bank, "B", ""), ElementsAre(2, 0, 20));
  EXPECT_THAT(row_of(bank, "C", ""), ElementsAre(3, 0, 30));
  EXPECT_THAT(row_of(bank, "B", "d0"), ElementsAre(2, 7, 20));
  EXPECT_THAT(row_of(bank, "C", "d0"), ElementsAre(3, 7, 31));
  EXPECT_THAT(row_of(bank, "B", "d9"), ElementsAre(2, 0, 29));
  EXPECT_EQ(bank.row_of(1, *bank.context_index("d9")), 1U);  // neither kind has a row of it
  EXPECT_THAT(join_banks({first_bank()}).parts(), ElementsAre(2));
}

TEST(BankOrigin, IsHowReferenceRowsAreMade) {
  const Provenance found{{"model_checksum", "1"}, {"readout", "mean"}, {"variants", "a.vcf"}};
  EXPECT_EQ(origin_of(found), (Provenance{{"model_checksum", "1"}, {"readout", "mean"}}));
  EXPECT_EQ(disagreement(found, {{"variants", "b.vcf"}, {"window", "128"}}), std::nullopt);
  EXPECT_EQ(disagreement(found, {{"readout", "max"}}), "readout");
}

TEST(RelativeDifference, IsTheShareOfTheExpectedLength) {
  const std::vector<float> expected = {3, 4}, found = {3, 4.5F}, none = {0, 0};
  EXPECT_DOUBLE_EQ(relative_difference(found, expected), 0.1);
  EXPECT_DOUBLE_EQ(relative_difference(none, none), 0.0);
  EXPECT_DOUBLE_EQ(relative_difference(found, none), 1.0);
}

}  // namespace
}  // namespace biodta::embedding
