#include "small_enformer.hpp"
#include "task_learner.hpp"
#include "testing.hpp"

#include <biodta/enformer/one_hot.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/training/donor_task.hpp>
#include <biodta/training/trainer.hpp>
#include <biodta/weights/state.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace biodta::training {
namespace {

using biodta::testing::expect_error;
using biodta::testing::small_parts;
using biodta::testing::TemporaryFolder;
using support::RandomStream;

constexpr std::string_view kDonorMotif = "GGCGGCGG";
constexpr std::size_t kFlank = 8;

/// Diploid donors. Each gene has a motif near its middle that a haplotype has whole or broken, and a neutral
/// substitution elsewhere; a donor's expression is e^(a gene's own level + 0.8 × whole copies).
class PlantedDonors : public DonorGenomes {
 public:
  PlantedDonors(std::size_t genes, std::size_t donors, std::uint64_t seed = 1) {
    RandomStream random(seed);
    for (std::size_t gene = 0; gene < genes; ++gene) {
      std::string sequence(biodta::testing::kSmallWindow + 2 * kFlank, 'A');
      for (char& base : sequence) base = "ACGT"[random.below(4)];
      const auto motif = kFlank + 52 + random.below(16);
      sequence.replace(motif, kDonorMotif.size(), kDonorMotif);
      references_.push_back(sequence);
      const double level = random.normal();
      for (std::size_t donor = 0; donor < donors; ++donor) {
        int whole = 0;
        for (int haplotype = 0; haplotype < 2; ++haplotype) {
          auto own = sequence;
          const bool breaks = random.bernoulli(0.5);
          if (breaks) own[motif + 3] = 'T';
          if (random.bernoulli(0.3)) own[20] = own[20] == 'A' ? 'C' : 'A';
          whole += breaks ? 0 : 1;
          haplotypes_.push_back(own);
        }
        data.expression.push_back(static_cast<float>(std::exp(level + 0.8 * whole)));
      }
      data.genes.push_back("ENSG" + std::to_string(gene));
      data.symbols.push_back("G" + std::to_string(gene));
    }
    for (std::size_t donor = 0; donor < donors; ++donor) data.donors.push_back("D" + std::to_string(donor));
    data.genomes = this;
  }

  HaplotypeWindows windows(std::uint32_t gene, std::span<const std::uint32_t> donors,
                           std::int64_t shift) override {
    HaplotypeWindows result;
    for (const auto donor : donors) {
      std::array<std::uint32_t, 2> of{};
      for (std::size_t haplotype = 0; haplotype < 2; ++haplotype) {
        const auto own = cut(this->haplotype(gene, donor, haplotype), shift);
        const auto found = std::find(result.sequences.begin(), result.sequences.end(), own);
        of[haplotype] = static_cast<std::uint32_t>(found - result.sequences.begin());
        if (found == result.sequences.end()) result.sequences.push_back(own);
      }
      result.of_donor.push_back(of);
    }
    shifts.insert(shift);
    return result;
  }
  std::string reference(std::uint32_t gene) override { return cut(references_[gene], 0); }

  const std::string& haplotype(std::uint32_t gene, std::uint32_t donor, std::size_t haplotype) const {
    return haplotypes_[(gene * data.donors.size() + donor) * 2 + haplotype];
  }
  static std::string cut(const std::string& sequence, std::int64_t shift) {
    return sequence.substr(kFlank + static_cast<std::size_t>(shift + 0), biodta::testing::kSmallWindow);
  }

  DonorData data;
  std::set<std::int64_t> shifts;

 private:
  std::vector<std::string> references_;
  std::vector<std::string> haplotypes_;
};

const TssReadoutOptions kWholeReadout{{0}, 8};

struct DonorLearner : biodta::testing::TaskLearner<DonorTask> {
  explicit DonorLearner(const DonorData& data, DonorTaskOptions options = {.genes = 4, .donors_per_gene = 6})
      : TaskLearner(kWholeReadout, data, options) {}
};

TEST(DonorTask, LearnsWhatMakesDonorsDifferInDonorsAndGenesThatItHasNotSeen) {
  PlantedDonors planted(40, 16);
  DonorLearner learner(planted.data);
  const auto before = learner.evaluate();
  const auto after = learner.train(150, 150).evaluation;
  EXPECT_LT(before.at("pearson_donors.training_genes"), 0.5);
  EXPECT_GT(after.at("pearson_donors.training_genes"), 0.85);
  EXPECT_GT(after.at("pearson_donors.held_out_genes"), 0.7);
  EXPECT_EQ(after.at("genes.held_out_genes"), 4);
  EXPECT_LT(after.at("loss"), before.at("loss"));
}

TEST(DonorTask, ComputesEachDistinctHaplotypeOnceAndAveragesADonorsTwo) {
  PlantedDonors planted(6, 9);
  DonorLearner learner(
      planted.data,
      {.genes = 2, .donors_per_gene = 5, .pseudocount = 0.5, .held_out_donor_share = 0, .max_shift = 0});
  learner.task.start_epoch(0, 0);
  const std::vector<std::uint32_t> genes = {learner.task.training_genes()[1],
                                            learner.task.training_genes()[3]};
  const auto batch = learner.task.make_batch(genes);
  learner.task.module().eval();
  const torch::NoGradGuard no_grad;
  const auto predicted = learner.task.predict(batch);
  ASSERT_EQ(predicted.sizes(), (std::vector<std::int64_t>{2, 5}));

  auto& model = dynamic_cast<enformer::EnformerImpl&>(learner.task.module());
  std::set<std::string> distinct;
  for (std::int64_t g = 0; g < 2; ++g) {
    const auto gene = genes[static_cast<std::size_t>(g)];
    std::vector<double> found, expected;
    for (std::int64_t k = 0; k < 5; ++k) found.push_back(batch.measured_GK[g][k].item<double>());
    // The donors were drawn; each is known by its prediction and measurement together.
    std::set<std::pair<long, long>> possible;
    for (const auto donor : learner.task.training_donors()) {
      std::vector<std::string> own;
      for (std::size_t haplotype : {0, 1})
        own.push_back(PlantedDonors::cut(planted.haplotype(gene, donor, haplotype), 0));
      const auto output = model.forward(enformer::one_hot(own), "planted").select(2, 0).sum(1);
      const double log_expression = std::log(output.mean().item<double>());
      const double measured = std::log(planted.data.expression[gene * 9 + donor] + 0.5);
      possible.insert({std::lround(log_expression * 1e4), std::lround(measured * 1e4)});
    }
    for (std::int64_t k = 0; k < 5; ++k) {
      const auto near = [&](const auto& one) {
        return std::abs(static_cast<double>(one.first) - predicted[g][k].template item<double>() * 1e4) < 2 &&
               std::abs(static_cast<double>(one.second) -
                        batch.measured_GK[g][k].template item<double>() * 1e4) < 2;
      };
      EXPECT_TRUE(std::any_of(possible.begin(), possible.end(), near)) << "gene " << gene << ", donor " << k;
    }
  }
  for (std::int64_t u = 0; u < batch.one_hot_U4L.size(0); ++u) {
    std::string text;
    for (std::int64_t i = 0; i < biodta::testing::kSmallWindow; ++i)
      text += "ACGT"[batch.one_hot_U4L[u].select(1, i).argmax().item<std::int64_t>()];
    EXPECT_TRUE(distinct.insert(text).second) << "window " << u << " is computed twice";
  }
  EXPECT_LE(distinct.size(), 8U);  // two variants make at most four haplotypes of a gene
}

TEST(DonorTask, ShowsAllDonorsOfAGeneTheSameShiftAndStrand) {
  PlantedDonors planted(30, 6);
  DonorLearner learner(planted.data, {.genes = 30,
                                      .donors_per_gene = 4,
                                      .held_out_donor_share = 0,
                                      .held_out_gene_share = 0,
                                      .max_shift = 5,
                                      .reverse_complement = true});
  learner.task.start_epoch(0, 0);
  const auto& genes = learner.task.training_genes();
  const auto batch = learner.task.make_batch(genes);
  EXPECT_GT(planted.shifts.size(), 5U);
  EXPECT_GE(*planted.shifts.begin(), -5);
  EXPECT_LE(*planted.shifts.rbegin(), 5);
  std::size_t turned_genes = 0;
  for (std::size_t g = 0; g < genes.size(); ++g) {
    std::set<std::pair<bool, std::int64_t>> strands_and_shifts;
    for (const auto window : {0, 3, 7}) {
      const auto row = batch.window_GK2[static_cast<std::int64_t>(g)].flatten()[window].item<std::int64_t>();
      std::string text;
      for (std::int64_t i = 0; i < biodta::testing::kSmallWindow; ++i)
        text += "ACGT"[batch.one_hot_U4L[row].select(1, i).argmax().item<std::int64_t>()];
      const bool turned = batch.turned_U[row].item<bool>();
      if (turned) text = genome::reverse_complement(text);
      bool found = false;
      for (std::uint32_t donor = 0; donor < 6; ++donor) {
        for (std::size_t haplotype : {0, 1}) {
          const auto place = planted.haplotype(genes[g], donor, haplotype).find(text);
          if (place == std::string::npos) continue;
          found = true;
          strands_and_shifts.insert(
              {turned, static_cast<std::int64_t>(place) - static_cast<std::int64_t>(kFlank)});
        }
      }
      EXPECT_TRUE(found);
    }
    EXPECT_EQ(strands_and_shifts.size(), 1U);
    turned_genes += strands_and_shifts.begin()->first ? 1 : 0;
  }
  EXPECT_GT(turned_genes, 6U);
  EXPECT_LT(turned_genes, 24U);
}

TEST(DonorTask, HoldsOutDonorsAndGenesByNameOrShare) {
  PlantedDonors planted(10, 8);
  DonorLearner named(planted.data,
                     {.held_out_donors = {"D7", "D2", "D5"}, .held_out_genes = {"ENSG3", "G8"}});
  EXPECT_EQ(named.task.held_out_donors(), (std::vector<std::uint32_t>{2, 5, 7}));
  EXPECT_EQ(named.task.training_donors(), (std::vector<std::uint32_t>{0, 1, 3, 4, 6}));
  EXPECT_EQ(named.task.held_out_genes(), (std::vector<std::uint32_t>{3, 8}));
  DonorLearner drawn(planted.data, {.held_out_donor_share = 0.5, .held_out_gene_share = 0.3, .seed = 4});
  EXPECT_EQ(drawn.task.held_out_donors().size(), 4U);
  EXPECT_EQ(drawn.task.held_out_genes().size(), 3U);
}

TEST(DonorTask, SetsTheLevelWhereTheReferenceAndTheTrainingDonorsMeetOnAverage) {
  PlantedDonors planted(12, 8);
  const DonorTaskOptions options{.held_out_donor_share = 0.5, .held_out_gene_share = 0};
  DonorLearner learner(planted.data, options);
  learner.task.start_epoch(0, 0);
  const double level = learner.task.state().tensors.at("level").item<double>();
  auto& model = dynamic_cast<enformer::EnformerImpl&>(learner.task.module());
  model.eval();
  const torch::NoGradGuard no_grad;
  double expected = 0;
  for (std::uint32_t gene = 0; gene < 12; ++gene) {
    const std::vector<std::string> window = {planted.reference(gene)};
    expected -=
        std::log(model.forward(enformer::one_hot(window), "planted").select(2, 0).sum().item<double>()) / 12;
    for (const auto donor : learner.task.training_donors()) {
      expected += std::log(planted.data.expression[gene * 8 + donor] + 1.0) / 12 /
                  static_cast<double>(learner.task.training_donors().size());
    }
  }
  EXPECT_NEAR(level, expected, 1e-4);
}

/// One rank of several whose sums and broadcasts are its own.
class LoneVoice : public distributed::Communicator {
 public:
  LoneVoice(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return size_; }
  torch::Device device() const noexcept override { return torch::kCPU; }
  void all_reduce_sum(torch::Tensor&) override {}
  void broadcast(std::span<torch::Tensor> tensors, int) override {
    // The level that all ranks would agree on.
    if (tensors.size() == 1 && tensors[0].numel() == 2) tensors[0].copy_(torch::tensor({1.0, 0.25}));
  }
  void barrier() override {}

 private:
  int rank_, size_;
};

std::pair<double, double> donor_step(const DonorData& data, std::int64_t genes, int ranks,
                                     std::int64_t accumulation) {
  double sum = 0, count = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    LoneVoice communicator(rank, ranks);
    DonorTask task(small_parts(), kWholeReadout, data,
                   {.genes = genes, .donors_per_gene = 3, .held_out_donor_share = 0}, accumulation,
                   communicator, torch::kCPU);
    task.module().eval();
    TaskState agreed = task.state();
    agreed.tensors["level"] = torch::full({1}, 0.25, torch::kFloat64);
    task.load_state(agreed);
    task.start_epoch(2, 0);
    for (std::int64_t micro = 0; micro < accumulation; ++micro) {
      const auto loss = task.forward(1, micro);
      sum += loss.sum.item<double>();
      count += loss.count;
    }
  }
  return {sum, count};
}

TEST(DonorTask, SeesTheSameGenesAndDonorsInAStepHoweverTheyAreSharedOut) {
  PlantedDonors planted(30, 8);
  const auto [sum, count] = donor_step(planted.data, 8, 1, 1);
  EXPECT_EQ(count, 8 * 3);
  const std::vector<std::tuple<int, int, int>> layouts = {{4, 2, 1}, {4, 1, 2}, {2, 2, 2}};
  for (const auto& [genes, ranks, accumulation] : layouts) {
    const auto [other_sum, other_count] = donor_step(planted.data, genes, ranks, accumulation);
    EXPECT_NEAR(other_sum, sum, 1e-4 * std::abs(sum));
    EXPECT_EQ(other_count, count);
  }
}

TEST(DonorTask, GoesOnFromACheckpointAsIfItHadNeverStopped) {
  PlantedDonors planted(20, 16);
  DonorLearner whole(planted.data), first(planted.data), second(planted.data);
  whole.train(8, 8);
  const TemporaryFolder folder;
  CheckpointStore store(folder / "checkpoints", 1);
  first.train(5, 8, &store);
  second.train(8, 8, &store);
  const auto state = weights::state_of(second.task.module());
  for (const auto& [name, tensor] : weights::state_of(whole.task.module()))
    EXPECT_TRUE(torch::equal(tensor, state.at(name))) << name;
}

TEST(DonorTask, RefusesACheckpointOfOtherMeasurementsOrDonors) {
  PlantedDonors planted(10, 16);
  auto other_values = planted.data, other_names = planted.data;
  other_values.expression[3] += 1;
  other_names.donors[1] = "X";
  DonorLearner one(planted.data), values(other_values), names(other_names);
  one.task.start_epoch(0, 0);
  expect_error<CheckpointError>([&] { values.task.load_state(one.task.state()); }, {"expression"});
  expect_error<CheckpointError>([&] { names.task.load_state(one.task.state()); }, {"donors"});
  DonorLearner other_loss(planted.data, {.donors_per_gene = 6, .mean_weight = 0.3});
  expect_error<CheckpointError>([&] { other_loss.task.load_state(one.task.state()); }, {"mean_weight"});
  DonorLearner same(planted.data);
  EXPECT_NO_THROW(same.task.load_state(one.task.state()));
}

TEST(DonorTask, RefusesTooFewDonorsAndNamesThatThereAreNot) {
  PlantedDonors planted(10, 8);
  const auto refused = [&](DonorTaskOptions options, std::initializer_list<std::string_view> parts) {
    expect_error<ConfigError>([&] { DonorLearner learner(planted.data, options); }, parts);
  };
  refused({.held_out_donors = {"D8"}}, {"held_out_donors", "D8", "did you mean"});
  refused({.held_out_donor_share = 0, .held_out_genes = {"GATA4"}}, {"held_out_genes", "GATA4"});
  refused({.held_out_donor_share = 0.25}, {"2 of 8 held out", "at least 3"});
  refused({.held_out_donors = planted.data.donors}, {"0 of 8 to train on", "at least 2"});
}

}  // namespace
}  // namespace biodta::training
