#include "testing.hpp"

#include <biodta/cells/obs_rules.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;

/// Cells with columns and no counts.
class ObsOnlySource final : public CountSource {
 public:
  ObsOnlySource(std::vector<ObsField> fields, std::vector<ObsValues> values, std::uint64_t cells)
      : CountSource(CountValues::kWhole),
        fields_(std::move(fields)),
        values_(std::move(values)),
        cells_(cells) {}
  const std::filesystem::path& path() const override { return path_; }
  std::string format() const override { return "test"; }
  std::uint64_t cell_count() const override { return cells_; }
  const std::vector<std::string>& gene_ids() const override { return genes_; }
  std::string matrix_name() const override { return "X"; }
  std::vector<std::string> cell_ids(std::uint64_t, std::uint64_t) const override { return {}; }
  const std::vector<ObsField>& obs_fields() const override { return fields_; }
  ObsValues read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const override {
    const auto slice = [&](const auto& values) {
      using Values = std::decay_t<decltype(values)>;
      if (values.empty()) return Values();
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
      return Values(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    return {slice(values_[field].codes), slice(values_[field].numbers)};
  }

 protected:
  void read_cells(std::uint64_t, std::uint64_t, CountBlock&) override {}

 private:
  std::filesystem::path path_ = "a.h5ad";
  std::vector<std::string> genes_;
  std::vector<ObsField> fields_;
  std::vector<ObsValues> values_;
  std::uint64_t cells_;
};

ObsOnlySource five_cells() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {{{"assay", true, {"10x 3' v2", "Smart-seq2", "10X 5' v1"}, false},
           {"disease", true, {"normal", "lung cancer"}, false},
           {"age", false, {}, false},
           {"barcode", true, {}, true}},
          {{{0, 1, 2, -1, 0}, {}}, {{0, 0, 1, 1, -1}, {}}, {{}, {30, 40, 30, nan, 0.5}}, {}},
          5};
}

/// What a selection finds of the cells [first, first + count).
std::vector<std::int32_t> broken_rules(const std::vector<ObsRule>& rules, const CountSource& source,
                                       std::uint64_t first, std::uint64_t count) {
  const ObsSelection selection(rules, source);
  std::vector<ObsValues> obs(source.obs_fields().size());
  for (const std::size_t field : selection.fields()) obs[field] = source.read_obs(field, first, count);
  return selection.broken(obs, count);
}

TEST(Globs, StarsAndQuestionMarksMatchWhateverTheCase) {
  EXPECT_TRUE(matches_glob("10x 3' v3", "10X*"));
  EXPECT_TRUE(matches_glob("lung adenocarcinoma", "*carcinoma*"));
  EXPECT_TRUE(matches_glob("abcabd", "*abd"));
  EXPECT_TRUE(matches_glob("aXbXc", "a?b?c"));
  EXPECT_TRUE(matches_glob("", "*"));
  EXPECT_TRUE(matches_glob("a*b", "a*b"));
  EXPECT_FALSE(matches_glob("normal", "norm"));
  EXPECT_FALSE(matches_glob("norm", "norm?"));
  EXPECT_FALSE(matches_glob("", "?"));
  EXPECT_FALSE(matches_glob("abcab", "*abd"));
}

TEST(ObsRules, KeepWhatSatisfiesEveryIncludeAndNoExclude) {
  const ObsOnlySource source = five_cells();
  const auto broken = [&](std::vector<std::string> include, std::vector<std::string> exclude) {
    const std::vector<ObsRule> rules = parse_obs_rules(include, exclude);
    return broken_rules(rules, source, 0, 5);
  };
  EXPECT_THAT(broken({"assay=10x*"}, {}),
              ElementsAre(-1, 0, -1, 0, -1));  // a missing value satisfies nothing
  EXPECT_THAT(broken({}, {"disease=*cancer*|*tumor*"}), ElementsAre(-1, -1, 0, 0, -1));
  EXPECT_THAT(broken({"assay=10x*"}, {"disease=*cancer*"}),
              ElementsAre(-1, 0, 1, 0, -1));  // the first is charged
  EXPECT_THAT(broken({"age=30|0.?"}, {}), ElementsAre(-1, 0, -1, 0, -1));
  EXPECT_THAT(broken({}, {"age=30"}), ElementsAre(0, -1, 0, -1, -1));
  EXPECT_THAT(broken({}, {}), ElementsAre(-1, -1, -1, -1, -1));
}

TEST(ObsRules, PiecesOfTheCellsAreJudgedAlike) {
  const ObsOnlySource source = five_cells();
  const std::vector<ObsRule> rules = parse_obs_rules(std::vector<std::string>{"assay=10x*"}, {});
  EXPECT_THAT(broken_rules(rules, source, 1, 2), ElementsAre(0, -1));
}

TEST(ObsRules, AMissingColumnIsAnErrorToIncludeAndToldToExclude) {
  const ObsOnlySource source = five_cells();
  const std::vector<ObsRule> includes = parse_obs_rules(std::vector<std::string>{"asay=10x*"}, {});
  expect_error<InputError>([&] { ObsSelection(includes, source); },
                           {"a.h5ad", "assay, disease and age", "'asay'"});
  const std::vector<ObsRule> of_barcodes = parse_obs_rules({}, std::vector<std::string>{"barcode=AAC*"});
  expect_error<InputError>([&] { ObsSelection(of_barcodes, source); },
                           {"a.h5ad", "obs/barcode", "different"});
  const std::vector<ObsRule> excludes = parse_obs_rules({}, std::vector<std::string>{"tissue_type=organoid"});
  EXPECT_THAT(ObsSelection(excludes, source).without_column(), ElementsAre("exclude tissue_type"));
}

TEST(ObsRules, TextThatIsNoRuleIsRefused) {
  const auto parse = [](const std::string& text) { parse_obs_rules(std::vector<std::string>{text}, {}); };
  for (const char* text : {"assay", "=10x", "assay="}) {
    expect_error<ConfigError>([&] { parse(text); }, {"include", text, "assay=10x*|Drop-seq"});
  }
  expect_error<ConfigError>([&] { parse("assay=10x||x"); }, {"include", "empty value", "assay=10x||x"});
}

}  // namespace
}  // namespace biodta::cells
