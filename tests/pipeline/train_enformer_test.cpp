#include "testing.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/enformer/tracks.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/runtime.hpp>
#include <biodta/pipeline/train_enformer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/random.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;

/// 40 loci of 140 bp with two tracks of 8 bins: how many G and how many A stand in a bin.
class EnformerWorld {
 public:
  EnformerWorld() {
    set_threads(1);  // the network is too small to be shared out
    std::vector<genome::FastaRecord> loci;
    std::vector<float> values;
    support::RandomStream random(3);
    for (int i = 0; i < 40; ++i) {
      std::string sequence(140, 'A');
      for (char& base : sequence) base = "ACGT"[random.below(4)];
      for (std::size_t bin = 0; bin < 8; ++bin) {
        for (const char base : {'G', 'A'}) {
          const auto part = sequence.substr(6 + 32 + 8 * bin, 8);
          values.push_back(static_cast<float>(std::count(part.begin(), part.end(), base)));
        }
      }
      loci.push_back({"locus" + std::to_string(i), "", sequence});
    }
    genome::write_fasta(folder_ / "loci.fa", loci);
    auto file = support::hdf5::File::create(folder_ / "tracks.h5");
    const std::vector<std::uint64_t> shape = {40, 8, 2};
    file.create_dataset("tracks", support::hdf5::ElementType::kFloat32, shape)
        .write_all(std::span<const float>(values));
    file.create_strings("track_names", std::vector<std::string>{"G", "A"});
    file.close();
    support::write_text_file(folder_ / "enformer.yaml", R"(
sequences: loci.fa
tracks: tracks.h5
output: enformer
head: counts
enformer: {dim: 12, depth: 1, heads: 2, key_size: 4, num_downsamples: 3, dim_divisible_by: 2, target_length: 8, window: 128,
           dropout: 0.05, attention_dropout: 0.05, position_dropout: 0.01}
data: {batch_size: 8, max_shift: 0, held_out: 0.2}
training: {max_steps: 60, evaluate_every: 30, checkpoint_every: 0, log_every: 10}
optimizer: {learning_rate: 0.01}
schedule: {warmup_fraction: 0.1}
)");
  }

  TrainEnformerOptions options(const std::vector<std::string>& set = {}) const {
    TrainEnformerOptions options;
    support::read_options(options, folder_ / "enformer.yaml", set);
    return options;
  }
  std::filesystem::path operator/(const char* name) const { return folder_ / name; }

 private:
  testing::TemporaryFolder folder_;
};

const TrainRuntime kOnCpu{.device = "cpu"};

TEST(TrainEnformer, ends_with_a_folder_that_biodta_embed_can_use) {
  const EnformerWorld world;
  testing::RecordingReporter reporter;
  const auto outcome = train_enformer(world.options(), reporter, kOnCpu);
  EXPECT_EQ(outcome.steps, 60U);
  EXPECT_GT(outcome.evaluation.at("pearson"), 0.3);
  auto embedder = enformer::SequenceEmbedder::load(world / "enformer");
  EXPECT_EQ(embedder.config().heads_out, (std::vector<std::pair<std::string, std::int64_t>>{{"counts", 2}}));
  const auto tracks = enformer::read_tracks(world / "enformer/tracks.tsv");
  EXPECT_EQ(enformer::track_index(tracks, "counts", "A"), 1);
  // What was learned is what was saved: a window of G has more predicted G than a window of A.
  const std::vector<std::string> windows = {std::string(128, 'G'), std::string(128, 'A')};
  const enformer::ExpressionReadout readout{"counts", {0}, 8};
  const auto expression = embedder.embed(windows, &readout).expression;
  EXPECT_GT(expression[0], expression[1]);
}

TEST(TrainEnformer, keeps_its_settings_and_figures_beside_the_model) {
  const EnformerWorld world;
  train_enformer(world.options(), support::silent_reporter(), kOnCpu);
  TrainEnformerOptions resolved;
  support::read_options(resolved, world / "enformer/config.yaml");
  EXPECT_EQ(resolved.enformer.dim, 12);
  EXPECT_EQ(resolved.training.max_steps, 60);
  const auto metrics = support::read_text_file(world / "enformer/metrics.jsonl");
  EXPECT_THAT(metrics, HasSubstr("pearson.G"));
  EXPECT_THAT(metrics, HasSubstr("\"evaluation\""));
}

TEST(TrainEnformer, writes_no_model_when_it_was_stopped_and_goes_on_later) {
  const EnformerWorld world;
  const std::atomic<bool> stop = true;
  const TrainRuntime stopped{.device = "cpu", .stop = &stop};
  EXPECT_TRUE(train_enformer(world.options(), support::silent_reporter(), stopped).stopped);
  EXPECT_FALSE(std::filesystem::exists(world / "enformer/model.safetensors"));
  EXPECT_EQ(train_enformer(world.options(), support::silent_reporter(), kOnCpu).steps, 60U);
  EXPECT_TRUE(std::filesystem::exists(world / "enformer/model.safetensors"));
}

TEST(TrainEnformer, trains_and_evaluates_in_bfloat16_too) {
  const EnformerWorld world;
  const auto outcome =
      train_enformer(world.options({"training.precision=bf16"}), support::silent_reporter(), kOnCpu);
  EXPECT_GT(outcome.evaluation.at("pearson"), 0.2);
}

TEST(TrainEnformer, goes_on_from_weights_with_their_head) {
  const EnformerWorld world;
  const auto first = train_enformer(world.options(), support::silent_reporter(), kOnCpu);
  testing::RecordingReporter reporter;
  auto more =
      world.options({"weights=" + (world / "enformer").string(), "output=" + (world / "more").string(),
                     "training.max_steps=1", "optimizer.learning_rate=1e-6"});
  const auto outcome = train_enformer(more, reporter, kOnCpu);
  // One tiny step from where the first run ended: as good as it was, which a new network is not.
  EXPECT_NEAR(outcome.evaluation.at("pearson"), first.evaluation.at("pearson"), 1e-3);
  EXPECT_THAT(reporter.messages, ::testing::Contains(HasSubstr("head counts kept (2 tracks)")));
  TrainEnformerOptions resolved;
  support::read_options(resolved, world / "more/config.yaml");
  EXPECT_EQ(resolved.enformer.dim, 12);
}

TEST(TrainEnformer, makes_a_new_head_beside_those_of_the_weights) {
  const EnformerWorld world;
  train_enformer(world.options({"training.max_steps=2"}), support::silent_reporter(), kOnCpu);
  testing::RecordingReporter reporter;
  const std::vector<std::string> set = {"weights=" + (world / "enformer").string(),
                                        "output=" + (world / "more").string(), "head=second",
                                        "trainable=head", "training.max_steps=20"};
  const auto outcome = train_enformer(world.options(set), reporter, kOnCpu);
  EXPECT_TRUE(outcome.evaluation.contains("pearson.G"));
  EXPECT_THAT(reporter.messages, ::testing::Contains(HasSubstr("head second is new (2 tracks")));
  const auto before = weights::read_tensors(world / "enformer/model.safetensors").tensors;
  const auto after = weights::read_tensors(world / "more/model.safetensors").tensors;
  EXPECT_EQ(after.size(), before.size() + 2);
  for (const auto& [name, tensor] : before) EXPECT_TRUE(torch::equal(tensor, after.at(name))) << name;
  const auto tracks = enformer::read_tracks(world / "more/tracks.tsv");
  EXPECT_EQ(enformer::track_index(tracks, "counts", "A"), 1);
  EXPECT_EQ(enformer::track_index(tracks, "second", "A"), 1);
  EXPECT_EQ(enformer::SequenceEmbedder::load(world / "more").config().heads_out.size(), 2U);
  // The same seed draws the same head.
  auto again = world.options(set);
  again.output = world / "again";
  train_enformer(again, support::silent_reporter(), kOnCpu);
  EXPECT_TRUE(support::read_text_file(world / "again/model.safetensors") ==
              support::read_text_file(world / "more/model.safetensors"));
}

TEST(TrainEnformer, refuses_weights_that_do_not_fit_the_data_or_the_settings) {
  const EnformerWorld world;
  train_enformer(world.options({"training.max_steps=1"}), support::silent_reporter(), kOnCpu);
  const auto refused = [&](std::vector<std::string> set, std::initializer_list<std::string_view> parts) {
    set.push_back("output=" + (world / "more").string());
    expect_error<Error>([&] { check_enformer_training(world.options(set)); }, parts);
  };
  const std::string weights = "weights=" + (world / "enformer").string();
  refused({weights, "enformer.dim=24"}, {"enformer.dim", "24", "12"});
  refused({"weights=" + (world / "nowhere").string()}, {"nowhere"});
  refused({"trainable=head"}, {"trainable", "weights is not set"});
  refused({weights, "trainable=last_blocks", "trainable_blocks=2"}, {"trainable_blocks", "1 transformer"});
  auto tracks = enformer::read_tracks(world / "enformer/tracks.tsv");
  tracks[1].name = "C";
  enformer::write_tracks(world / "enformer/tracks.tsv", tracks);
  refused({weights}, {"track 1 of counts is C", "A in the data", "another name of the head"});
  std::ofstream(world / "three.tsv") << "locus\tx\ty\tz\n";
  for (int i = 0; i < 40; ++i)
    std::ofstream(world / "three.tsv", std::ios::app) << "locus" << i << "\t1\t2\t3\n";
  refused({weights, "tracks=" + (world / "three.tsv").string()}, {"counts", "2 tracks", "3"});
}

TEST(TrainEnformer, refuses_to_go_on_with_other_data_of_the_same_size) {
  const EnformerWorld world;
  train_enformer(world.options({"training.max_steps=2"}), support::silent_reporter(), kOnCpu);
  auto records = genome::read_fasta(world / "loci.fa");
  records[11].sequence[50] = records[11].sequence[50] == 'A' ? 'C' : 'A';
  genome::write_fasta(world / "loci.fa", records);
  expect_error<CheckpointError>(
      [&] { train_enformer(world.options({"training.max_steps=3"}), support::silent_reporter(), kOnCpu); },
      {"another run", "sequences"});
}

TEST(TrainEnformer, evaluates_a_folder_without_touching_it) {
  const EnformerWorld world;
  const auto trained = train_enformer(world.options(), support::silent_reporter(), kOnCpu);
  const auto metrics_file = support::read_text_file(world / "enformer/metrics.jsonl");
  const auto figures = evaluate_enformer(world.options(), support::silent_reporter(), kOnCpu);
  for (const auto& [name, value] : trained.evaluation) EXPECT_NEAR(figures.at(name), value, 1e-6) << name;
  testing::RecordingReporter reporter;
  evaluate_enformer(world.options(), reporter, kOnCpu);
  EXPECT_TRUE(reporter.warnings.empty());
  evaluate_enformer(world.options({"data.seed=4"}), reporter, kOnCpu);
  ASSERT_EQ(reporter.warnings.size(), 1U);
  EXPECT_THAT(reporter.warnings[0], HasSubstr("held out others"));
  EXPECT_EQ(support::read_text_file(world / "enformer/metrics.jsonl"), metrics_file);
  EXPECT_TRUE(std::filesystem::exists(world / "enformer/evaluation/evaluation.tsv"));
  EXPECT_TRUE(std::filesystem::exists(world / "enformer/checkpoints/step-60"));
  expect_error<ConfigError>(
      [&] {
        evaluate_enformer(world.options({"weights=" + (world / "enformer").string(), "head=second",
                                         "output=" + (world / "more").string()}),
                          support::silent_reporter(), kOnCpu);
      },
      {"second", "untrained"});
}

TEST(TrainEnformer, evaluates_other_weights_elsewhere_than_in_a_networks_own_folder) {
  const EnformerWorld world;
  train_enformer(world.options({"training.max_steps=2"}), support::silent_reporter(), kOnCpu);
  std::filesystem::copy(world / "enformer", world / "before", std::filesystem::copy_options::recursive);
  const auto before = "weights=" + (world / "before").string();
  expect_error<ConfigError>(
      [&] { evaluate_enformer(world.options({before}), support::silent_reporter(), kOnCpu); },
      {"output", "enformer", "network of its own", "before"});
  EXPECT_FALSE(std::filesystem::exists(world / "enformer/evaluation.tsv"));
  evaluate_enformer(world.options({before, "output=" + (world / "figures").string()}),
                    support::silent_reporter(), kOnCpu);
  EXPECT_TRUE(std::filesystem::exists(world / "figures/evaluation.tsv"));
}

TEST(TrainEnformer, never_trains_over_a_network_that_came_from_elsewhere) {
  const EnformerWorld world;
  support::write_text_file(world / "enformer/model.safetensors", "published");
  const auto options = world.options();
  for (const auto& attempt : {std::function([&] { check_enformer_training(options); }), std::function([&] {
                                train_enformer(options, support::silent_reporter(), kOnCpu);
                              })})
    expect_error<ConfigError>(attempt,
                              {"output", "enformer/model.safetensors", "no training run left there"});
  EXPECT_EQ(support::read_text_file(world / "enformer/model.safetensors"), "published");
  EXPECT_FALSE(std::filesystem::exists(world / "enformer/checkpoints"));
}

TEST(TrainEnformer, learns_the_sum_over_a_window_from_a_text_table) {
  const EnformerWorld world;
  // How many G and A stand in the 32 bp around the middle: bins 2 to 5.
  std::ofstream table(world / "sums.tsv");
  table << "locus\tG\tA\n";
  for (const auto& locus : genome::read_fasta(world / "loci.fa")) {
    const auto part = locus.sequence.substr(6 + 48, 32);
    table << locus.name << '\t' << std::count(part.begin(), part.end(), 'G') << '\t'
          << std::count(part.begin(), part.end(), 'A') << '\n';
  }
  table.close();
  const auto outcome = train_enformer(
      world.options({"tracks=" + (world / "sums.tsv").string(), "readout.bins=4", "training.max_steps=300"}),
      support::silent_reporter(), kOnCpu);
  EXPECT_GT(outcome.evaluation.at("pearson"), 0.5);
}

TEST(TrainEnformer, refuses_settings_that_do_not_fit_before_it_writes_anything) {
  const EnformerWorld world;
  const auto refused = [&](const std::vector<std::string>& set,
                           std::initializer_list<std::string_view> parts) {
    const auto options = world.options(set);
    expect_error<ConfigError>([&] { check_enformer_training(options); }, parts);
    expect_error<ConfigError>([&] { train_enformer(options, support::silent_reporter(), kOnCpu); }, parts);
    EXPECT_FALSE(std::filesystem::exists(world / "enformer"));
  };
  refused({"enformer.target_length=12"}, {"8 bins", "12"});
  refused({"enformer.heads=5"}, {"dim / heads"});
  refused({"enformer.window=256"}, {"140 bp", "256"});
  auto nowhere = world.options();
  nowhere.output.clear();
  expect_error<ConfigError>([&] { check_enformer_training(nowhere); }, {"output"});
  expect_error<InputError>(
      [&] {
        train_enformer(world.options({"tracks=" + (world / "none.h5").string()}), support::silent_reporter(),
                       kOnCpu);
      },
      {"none.h5"});
}

}  // namespace
}  // namespace biodta::pipeline
