// biodta-embed broken off, gone on with, in shards and merged: always the same bytes.
#include "embed_world.hpp"

#include <biodta/embedding/bank_reader.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace biodta::pipeline {
namespace {

using ::testing::Contains;
using testing::EmbedWorld;
using testing::expect_error;
using ::testing::HasSubstr;

constexpr int kMoreGenes = 17;

/// Seventeen genes more on chr1, one of them off the genome; two diploid donors and one of both; two tracks.
class ManyGenes : public EmbedWorld {
 public:
  ManyGenes() {
    std::string more;
    for (int i = 0; i < kMoreGenes; ++i) {
      const std::string contig = i == 9 ? "chrZ" : "chr1", start = std::to_string(300 + 150 * i);
      more += contig + "\ttest\tgene\t" + start + "\t2900\t.\t+\t.\tgene_id \"ENSG_M" + std::to_string(i) +
              "\"; gene_name \"M" + std::to_string(i) + "\"; gene_type \"protein_coding\";\n";
    }
    write_genes(more);
    write_variants({"D2", "D1"}, {{350, {"0|1", "1|1"}}, {950, {"0|0", "0|1"}}, {2100, {"1|0", "1|0"}}});
    options.batch = 7;
    options.unknown_dna = UnknownDnaPolicy::kLeaveOut;
    options.tracks = {"1", "0"};
    options.predictions = *this / "p.tsv";
  }

  std::string bank_bytes() const { return support::read_text_file(options.output); }
  std::string table() const { return support::read_text_file(options.predictions); }
  std::filesystem::path journal() const { return options.output.string() + ".part"; }
  void forget_outputs() const {
    std::filesystem::remove(options.output);
    std::filesystem::remove(options.predictions);
  }
};

/// Stops a run as a failure does: after so many reports of progress of embedding.
class StoppingReporter : public testing::RecordingReporter {
 public:
  explicit StoppingReporter(int updates) : left_(updates) {}
  std::unique_ptr<support::Progress> start(std::string_view stage, std::uint64_t total,
                                           std::string_view unit) override {
    if (stage != "embed") return RecordingReporter::start(stage, total, unit);
    return std::make_unique<Stopper>(*this);
  }

 private:
  struct Stopper : support::Progress {
    explicit Stopper(StoppingReporter& owner) : owner_(owner) {}
    void update(std::uint64_t, std::string_view) override {
      if (owner_.left_-- == 0) throw std::runtime_error("stopped");
    }
    StoppingReporter& owner_;
  };
  int left_;
};

void expect_stopped(const EmbedOptions& options, int updates) {
  StoppingReporter reporter(updates);
  EXPECT_THROW(embed(options, reporter, "cpu"), std::runtime_error);
}

TEST(EmbedJournal, a_run_that_failed_is_gone_on_with_and_gives_the_same_bytes) {
  ManyGenes world;
  world.run();
  const auto bank = world.bank_bytes(), table = world.table();
  EXPECT_FALSE(std::filesystem::exists(world.journal()));
  for (const int updates : {1, 2, 5}) {
    world.forget_outputs();
    expect_stopped(world.options, updates);
    EXPECT_FALSE(std::filesystem::exists(world.options.output));
    ASSERT_TRUE(std::filesystem::exists(world.journal()));
    expect_stopped(world.options, 1);  // and once more
    world.reporter.messages.clear();
    world.run();
    EXPECT_EQ(world.bank_bytes(), bank) << updates;
    EXPECT_EQ(world.table(), table) << updates;
    EXPECT_FALSE(std::filesystem::exists(world.journal()));
    EXPECT_THAT(world.reporter.messages, Contains(HasSubstr("genes are there")));
  }
}

/// Cut anywhere, also within a group of genes that share batches.
TEST(EmbedJournal, a_journal_cut_at_any_byte_gives_the_same_bytes) {
  ManyGenes world;
  world.run();
  const auto bank = world.bank_bytes(), table = world.table();
  expect_stopped(world.options, 9);
  const auto journal = support::read_text_file(world.journal());
  for (std::size_t kept = 600; kept < journal.size(); kept += 1201) {
    world.forget_outputs();
    support::write_text_file(world.journal(), std::string_view(journal).substr(0, kept));
    world.run();
    ASSERT_EQ(world.bank_bytes(), bank) << kept;
    ASSERT_EQ(world.table(), table) << kept;
  }
}

TEST(EmbedJournal, of_another_job_is_refused_naming_what_differs_unless_it_is_to_begin_anew) {
  ManyGenes world;
  world.run();
  const auto bank = world.bank_bytes();
  auto other = world.options;
  other.batch = 5;
  expect_stopped(other, 2);
  expect_error<InputError>([&] { world.run(); }, {"embeddings.h5.part", "batch 5", "batch 7", "--restart"});
  other = world.options;
  other.restart = true;
  embed(other, world.reporter, "cpu");
  EXPECT_EQ(world.bank_bytes(), bank);

  expect_stopped(world.options, 2);
  support::write_text_file(world / "genes.gtf", support::read_text_file(world / "genes.gtf") + "#\n");
  expect_error<InputError>([&] { world.run(); }, {"embeddings.h5.part", "annotation crc32:"});
}

TEST(EmbedJournal, serves_other_policies_of_genes_without_dna_and_other_precisions) {
  ManyGenes world;
  expect_stopped(world.options, 20);
  auto other = world.options;
  other.unknown_dna = UnknownDnaPolicy::kRefuse;
  expect_error<InputError>([&] { embed(other, world.reporter, "cpu"); }, {"ENSG_M9", "chrZ", "leave_out"});
  EXPECT_TRUE(std::filesystem::exists(world.journal()));
  world.options.precision = embedding::Precision::kFloat16;
  EXPECT_EQ(world.run().left_out().size(), 1U);
  EXPECT_EQ(embedding::BankReader(world.options.output).header().precision, embedding::Precision::kFloat16);
}

TEST(EmbedJournal, what_a_killed_run_left_while_it_wrote_the_bank_is_cleared_away) {
  ManyGenes world;
  support::write_text_file(world / "embeddings.h5.4242.part", "half a bank");
  support::write_text_file(world / "embeddings.h5.mine.part", "no leftover");
  world.run();
  EXPECT_FALSE(std::filesystem::exists(world / "embeddings.h5.4242.part"));
  EXPECT_TRUE(std::filesystem::exists(world / "embeddings.h5.mine.part"));
}

class EmbedShards : public ::testing::Test {
 protected:
  std::filesystem::path run_shard(int index, int count) {
    auto options = world_.options;
    options.shard = std::to_string(index) + "/" + std::to_string(count);
    options.output = world_ / ("part-" + std::to_string(index) + ".h5");
    options.predictions = world_ / ("part-" + std::to_string(index) + ".tsv");
    embed(options, world_.reporter, "cpu");
    return options.output;
  }
  void expect_refused(const std::vector<std::filesystem::path>& inputs,
                      std::initializer_list<std::string_view> parts) {
    expect_error<InputError>([&] { merge_banks(inputs, world_ / "merged.h5", world_.reporter); }, parts);
    EXPECT_FALSE(std::filesystem::exists(world_ / "merged.h5"));
  }
  ManyGenes world_;
};

TEST_F(EmbedShards, merged_are_the_whole_byte_for_byte) {
  world_.run();
  const auto table = world_.table();
  for (const int count : {1, 2, 3, 40}) {  // of 40 many are empty
    std::vector<std::filesystem::path> parts;
    std::string joined;
    for (int i = 1; i <= count; ++i) {
      parts.insert(parts.begin(), run_shard(i, count));  // in another order
      const auto text = support::read_text_file(world_ / ("part-" + std::to_string(i) + ".tsv"));
      joined += joined.empty() ? text : text.substr(text.find('\n') + 1);
    }
    merge_banks(parts, world_ / "merged.h5", world_.reporter, /*overwrite=*/count > 1);
    EXPECT_EQ(support::read_text_file(world_ / "merged.h5"), world_.bank_bytes()) << count;
    EXPECT_EQ(joined, table);
  }
}

TEST_F(EmbedShards, are_merged_only_when_they_are_all_of_one_job_each_once) {
  const auto one = run_shard(1, 3), two = run_shard(2, 3), three = run_shard(3, 3);
  expect_refused({one, three}, {"part-3.h5", "shard 3 of 3", "shard 2 of 3 before it"});
  expect_refused({one, two}, {"part-2.h5", "shard 2 of 3 as the last", "shard 3 of 3 too"});
  std::filesystem::copy_file(two, world_ / "copy.h5");
  expect_refused({one, two, world_ / "copy.h5", three}, {"shard 2 of 3 a second time"});
  world_.options.batch = 3;
  expect_refused({one, run_shard(2, 3), three},
                 {"part-2.h5", "options", "batch: 3", "batch: 7", "part-1.h5"});
  world_.run();
  expect_refused({one, world_.options.output}, {"embeddings.h5", "shard", "--shard"});
  expect_error<ConfigError>(
      [&] {
        merge_banks({one, one}, world_ / "merged.h5", world_.reporter);
      },
      {"twice"});
  expect_error<ConfigError>([&] { merge_banks({one}, one, world_.reporter); }, {"input too"});
  expect_error<ConfigError>([&] { merge_banks({one}, two, world_.reporter); }, {"exists", "--overwrite"});
  expect_error<ConfigError>([&] { merge_banks({}, world_ / "merged.h5", world_.reporter); }, {"inputs"});
}

TEST_F(EmbedShards, that_are_none_are_refused) {
  for (const char* shard : {"3/2", "0/2", "1", "a/b", "1/0"}) {
    world_.options.shard = shard;
    expect_error<ConfigError>([&] { world_.run(); }, {"shard", shard, "3/16"});
  }
}

}  // namespace
}  // namespace biodta::pipeline
