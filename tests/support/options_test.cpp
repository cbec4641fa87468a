#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/options.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace biodta::support {

enum class Order { kShuffled, kSorted };

struct TrainingOptions {
  std::int64_t epochs = 3;
  double rate = 1e-3;
  Order order = Order::kShuffled;
  bool resume = false;
};

struct WorldOptions {
  std::string name = "small";
  std::filesystem::path output = "run";
  std::filesystem::path optional;
  std::vector<std::int64_t> layers = {1, 2};
  std::vector<double> weights;
  std::vector<std::string> genes;
  std::vector<std::filesystem::path> inputs;
  TrainingOptions training;
};

void describe(OptionVisitor& visit, TrainingOptions& options) {
  visit.field("epochs", options.epochs, "passes over the corpus", at_least(1));
  visit.field("rate", options.rate, "learning rate", greater_than(0));
  visit.choice("order", options.order, {{"shuffled", Order::kShuffled}, {"sorted", Order::kSorted}},
               "order | cells");
  visit.field("resume", options.resume, "go on from the last checkpoint");
}

void describe(OptionVisitor& visit, WorldOptions& options) {
  visit.field("name", options.name, "a name");
  visit.field("output", options.output, "folder to write");
  visit.field("optional", options.optional, "empty = none");
  visit.field("layers", options.layers, "sizes", between(1, 64));
  visit.field("weights", options.weights, "weights");
  visit.field("genes", options.genes, "genes");
  visit.field("inputs", options.inputs, "files to read");
  visit.section("training", options.training, "The training loop.");
}

namespace {

namespace fs = std::filesystem;
using biodta::testing::expect_error;
using biodta::testing::run_python;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Options : public ::testing::Test {
 protected:
  WorldOptions read(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
    write_text_file(folder_ / "world.yaml", yaml);
    WorldOptions options;
    read_options(options, folder_ / "world.yaml", overrides);
    return options;
  }
  static WorldOptions set(const std::vector<std::string>& overrides) {
    WorldOptions options;
    read_options(options, {}, overrides);
    return options;
  }
  void refuse(std::string_view yaml, std::initializer_list<std::string_view> parts) {
    expect_error<ConfigError>([&] { read(yaml); }, parts);
  }
  TemporaryFolder folder_;
};

TEST_F(Options, EveryKindOfFieldIsRead) {
  const WorldOptions options = read(
      "# a comment\n"
      "name: \"two words\"\n"
      "output: out/../there\n"
      "layers: [4, 8]\n"
      "weights: [0.5, 1e-3, -2]\n"
      "genes:\n  - GATA4\n  - NO\n"
      "inputs: [a.h5ad, /data/b.h5ad]\n"
      "training:\n  epochs: 1e3\n  rate: 0.25\n  order: sorted\n  resume: true\n");
  EXPECT_EQ(options.name, "two words");
  EXPECT_EQ(options.output, folder_ / "there");
  EXPECT_THAT(options.layers, ElementsAre(4, 8));
  EXPECT_THAT(options.weights, ElementsAre(0.5, 1e-3, -2.0));
  EXPECT_THAT(options.genes, ElementsAre("GATA4", "NO"));
  EXPECT_THAT(options.inputs, ElementsAre(folder_ / "a.h5ad", "/data/b.h5ad"));
  EXPECT_EQ(options.training.epochs, 1000);
  EXPECT_EQ(options.training.rate, 0.25);
  EXPECT_EQ(options.training.order, Order::kSorted);
  EXPECT_TRUE(options.training.resume);
}

TEST_F(Options, WhatIsNotNamedKeepsItsDefault) {
  for (const char* yaml : {"", "# nothing\n", "training:\n", "training: {resume: true}\n"}) {
    const WorldOptions options = read(yaml);
    EXPECT_EQ(options.name, "small") << yaml;
    EXPECT_EQ(options.output, "run") << yaml;
    EXPECT_EQ(options.training.epochs, 3) << yaml;
  }
}

TEST_F(Options, ASingleValueStandsForAListOfOne) {
  EXPECT_THAT(read("genes: GATA4\n").genes, ElementsAre("GATA4"));
  EXPECT_THAT(read("layers: []\n").layers, IsEmpty());
}

TEST_F(Options, UnknownKeysListTheKnownAndHintAtTheNearest) {
  refuse("name: x\ntraining:\n  epoch: 3\n",
         {"world.yaml:3", "unknown key 'training.epoch'", "known here: epochs, rate, order, resume",
          "did you mean 'epochs'?"});
  refuse("epochs: 3\n", {"world.yaml:1", "unknown key 'epochs'", "did you mean 'training.epochs'?"});
  refuse("traning:\n  epochs: 3\n", {"unknown key 'traning'", "did you mean 'training'?"});
}

TEST_F(Options, ValuesOfAnotherKindAreNamedWithTheirLine) {
  refuse("\ntraining:\n  epochs: three\n",
         {"world.yaml:3: training.epochs: found 'three', expected a whole number"});
  refuse("training: {epochs: 1.5}\n", {"training.epochs", "'1.5'"});
  refuse("training: {rate: [1]}\n", {"training.rate", "a list", "a number"});
  refuse("training: {rate: .nan}\n", {"training.rate", "a number"});
  refuse("training: {resume: maybe}\n", {"training.resume", "'maybe'", "true or false"});
  refuse("training: 3\n", {"world.yaml:1: training: found '3', expected a section"});
  refuse("training: {order: sort}\n", {"training.order", "'sort'", "one of shuffled, sorted"});
  refuse("training: {order: sortd}\n", {"did you mean 'sorted'?"});
  refuse("name:\n", {"name", "found nothing", "expected text"});
  refuse("layers: {a: 1}\n", {"layers", "a section", "a list"});
  refuse("layers: [1, two]\n", {"layers[1]", "'two'"});
  refuse("- a\n- b\n", {"world.yaml:1", "a list"});
}

TEST_F(Options, ValuesOutOfRangeNameTheRule) {
  refuse("training: {epochs: 0}\n", {"training.epochs: found '0', expected a whole number at least 1"});
  refuse("training: {rate: 0}\n", {"training.rate", "greater than 0"});
  refuse("layers: [64, 65]\n", {"layers[1]", "'65'", "between 1 and 64"});
  EXPECT_THAT(read("layers: [1, 64]\n").layers, ElementsAre(1, 64));
}

TEST_F(Options, TheFirstMistakeOfTheYamlIsNamed) {
  refuse("name: [1\n", {"world.yaml:", "not YAML"});
  refuse("name: a\nname: b\n", {"world.yaml:2", "'name' is given twice", "line 1"});
  refuse("name: a\n---\nname: b\n", {"2 YAML documents"});
  expect_error<ConfigError>(
      [] {
        WorldOptions options;
        read_options(options, "/nowhere/a.yaml");
      },
      {"/nowhere/a.yaml", "no such file"});
}

TEST_F(Options, OverridesComeLastAndNameTheirFlag) {
  const WorldOptions options =
      read("training: {epochs: 7, rate: 1}\n",
           {"training.epochs=8", "name=", "genes=[A, B]", "training.order=sorted", "output=here"});
  EXPECT_EQ(options.training.epochs, 8);
  EXPECT_EQ(options.training.rate, 1.0);
  EXPECT_EQ(options.training.order, Order::kSorted);
  EXPECT_EQ(options.name, "");
  EXPECT_THAT(options.genes, ElementsAre("A", "B"));
  EXPECT_EQ(options.output, fs::current_path() / "here");

  expect_error<ConfigError>(
      [] { set({"training.epoch=8"}); },
      {"--set training.epoch=8: unknown key 'training.epoch'", "did you mean 'epochs'?"});
  expect_error<ConfigError>([] { set({"training.epochs=x"}); },
                            {"--set training.epochs=x: training.epochs: found 'x'"});
  expect_error<ConfigError>([] { set({"training=8"}); }, {"--set training=8", "expected a section"});
  expect_error<ConfigError>([] { set({"name.first=8"}); }, {"--set name.first=8", "a section", "text"});
  expect_error<ConfigError>([] { set({"training.epochs"}); }, {"--set training.epochs", "section.key=value"});
  expect_error<ConfigError>([] { set({"layers=[1"}); }, {"--set layers=[1", "not YAML"});
}

WorldOptions unusual() {
  WorldOptions options;
  options.name = "yes: \"#\" \\ \n é";
  options.output = "relative/place";
  options.layers = {};
  options.weights = {0.1, 1e-300, 1e22, std::numeric_limits<double>::infinity(), -3};
  options.genes = {"true", "1", "", "-", "null", "NO", "a b", "GATA4"};
  options.inputs = {"/a b/c.h5ad"};
  options.training = {9, 1e-5, Order::kSorted, true};
  return options;
}

TEST_F(Options, WhatIsWrittenReadsBackTheSame) {
  const WorldOptions options = unusual();
  const std::string yaml = write_options(options);
  const WorldOptions back = read(yaml);
  EXPECT_EQ(back.name, options.name);
  EXPECT_EQ(back.output, fs::current_path() / "relative/place");
  EXPECT_EQ(back.optional, fs::path());
  EXPECT_EQ(back.layers, options.layers);
  EXPECT_EQ(back.weights, options.weights);
  EXPECT_EQ(back.genes, options.genes);
  EXPECT_EQ(back.inputs, options.inputs);
  EXPECT_EQ(back.training.epochs, 9);
  EXPECT_EQ(back.training.rate, 1e-5);
  EXPECT_EQ(back.training.order, Order::kSorted);
  EXPECT_TRUE(back.training.resume);
  EXPECT_EQ(write_options(back), yaml);
}

TEST_F(Options, PyYamlReadsTheSameTypes) {
  write_text_file(folder_ / "w.yaml", write_options(unusual()));
  const auto printed = run_python("import yaml\nd = yaml.safe_load(open('" + (folder_ / "w.yaml").string() +
                                  "'))\nprint(d['genes'], d['weights'], d['training'], d['optional'] == '')\n"
                                  "print(d['name'] == 'yes: \"#\" \\\\ \\n é')\n");
  if (!printed) GTEST_SKIP() << "PyYAML is absent: scripts/setup --tests";
  EXPECT_EQ(*printed,
            "['true', '1', '', '-', 'null', 'NO', 'a b', 'GATA4'] [0.1, 1e-300, 1e+22, inf, -3.0] "
            "{'epochs': 9, 'rate': 1e-05, 'order': 'sorted', 'resume': True} True\nTrue\n");
}

TEST_F(Options, WritingLeavesTheOptionsAsTheyAre) {
  const WorldOptions options;
  EXPECT_EQ(write_options(options), write_options(options));
  EXPECT_EQ(options.output, "run");
}

TEST_F(Options, TheReferenceHasATableForEachSection) {
  WorldOptions options;
  const std::string text = options_reference(describer(options));
  EXPECT_THAT(text, ::testing::HasSubstr("| `layers` | `[1, 2]` | whole numbers between 1 and 64 | sizes |"));
  EXPECT_THAT(text, ::testing::HasSubstr("### `training`\n\nThe training loop.\n"));
  EXPECT_THAT(text,
              ::testing::HasSubstr("| `epochs` | `3` | whole number at least 1 | passes over the corpus |"));
  EXPECT_THAT(text,
              ::testing::HasSubstr("| `order` | `shuffled` | `shuffled`, `sorted` | order \\| cells |"));
  EXPECT_LT(text.find("`layers`"), text.find("### `training`"));
}

}  // namespace
}  // namespace biodta::support
