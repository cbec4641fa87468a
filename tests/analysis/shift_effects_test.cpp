// Every kind of perturbation, measure and summary of measure_shifts against a plain loop over cells.
#include "perturbed_world.hpp"

#include <biodta/analysis/cell_states.hpp>
#include <biodta/support/error.hpp>

#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>

namespace biodta::analysis {
namespace {

using testing::NaiveChange;
using testing::PerturbedWorld;
using ChangeOfCell = std::function<NaiveChange(std::uint32_t cell)>;
using TokenStates = std::map<cells::TokenId, std::vector<double>>;

double euclidean(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// Every shift of every cell, and how many cells are perturbed, equal the plain loop's.
void expect_a_plain_loop(PerturbedWorld& world, const ShiftSubjects& subjects, const JointPerturbation& joint,
                         const ChangeOfCell& naive, const ShiftOptions& options = {-2, 30}) {
  std::map<std::pair<std::uint32_t, cells::TokenId>, double> found;
  const auto tables = measure_shifts(world.model, torch::kCPU, subjects, world.all, std::vector{joint},
                                     options, nullptr, [&](const CellShift& shift) {
                                       found[{shift.cell, shift.token}] = shift.shift;
                                     });
  const bool cosine = options.measure == ShiftMeasure::kCosine;
  std::size_t compared = 0, perturbed = 0;
  double largest = 0.0;
  for (const std::uint32_t cell : world.all) {
    const NaiveChange change = naive(cell);
    if (!change) continue;
    ++perturbed;
    const auto before = testing::states_of(world.model, change->first.tokens, &change->first.rows);
    const auto after = testing::states_of(world.model, change->second.tokens, &change->second.rows);
    for (const auto& [token, state] : before) {
      if (!after.contains(token) || token < cells::kFirstGeneToken) continue;
      ASSERT_TRUE(found.contains({cell, token})) << cell << ", " << token;
      const double expected = (cosine ? testing::naive_shift : euclidean)(state, after.at(token));
      EXPECT_NEAR((found.at({cell, token})), expected, cosine ? 1e-6 : 1e-5);
      largest = std::max(largest, expected);
      ++compared;
    }
  }
  EXPECT_EQ(found.size(), compared);
  EXPECT_EQ(tables[0].cells, perturbed);
  EXPECT_GT(largest, 1e-2);
}

TEST(ShiftEffects, OfAnOverexpressionReadAbsentGenesInTheDonorsOwnRowsAndCutCellsAlike) {
  PerturbedWorld world;
  for (const cells::TokenId gene : {2U, 3U})  // only the first has another row in the donor
    expect_a_plain_loop(world, world.subjects(), {{{PerturbationKind::kOverexpress, gene, {}, {}}}},
                        [&](std::uint32_t cell) { return testing::overexpressed(world, cell, gene); });
}

TEST(ShiftEffects, OfTwoGenesMutatedAtOnceAreThoseOfBothRows) {
  PerturbedWorld world;
  expect_a_plain_loop(world, world.subjects(), testing::mutation(world, {2, 3}), [&](std::uint32_t cell) {
    return testing::mutated(world, cell, {2, 3});
  });
}

TEST(ShiftEffects, OfARankMoveWithTheMutantsRowAreThoseOfBoth) {
  PerturbedWorld world;
  auto subjects = world.subjects();
  subjects.values = testing::halving_values;
  expect_a_plain_loop(world, subjects, testing::mutation_and_rank_move(world, 5), [&](std::uint32_t cell) {
    return testing::mutated_and_moved_up_by_two(world, cell, 5);
  });
}

TEST(ShiftEffects, OfAMaskAreThoseOfTheMaskToken) {
  PerturbedWorld world;
  const auto masked = [&](std::uint32_t cell) -> NaiveChange {
    if (!world.holds(cell, 4)) return std::nullopt;
    const testing::NaiveCell before{world.cells[cell], world.rows_in(cell)};
    auto after = before;
    std::replace(after.tokens.begin(), after.tokens.end(), cells::TokenId{4}, cells::kMaskToken);
    return std::pair(before, after);
  };
  expect_a_plain_loop(world, world.subjects(), {{{PerturbationKind::kMask, 4, {}, {}}}}, masked);
}

TEST(ShiftEffects, MayBeEuclidean) {
  PerturbedWorld world;
  expect_a_plain_loop(world, world.subjects(), testing::mutation(world, {2}),
                      [&](std::uint32_t cell) { return testing::mutated(world, cell, {2}); },
                      {-2, 30, ShiftMeasure::kEuclidean});
}

/// Mean state of a cell's genes but one.
std::vector<double> mean_without(const TokenStates& states, cells::TokenId gene) {
  std::vector<double> mean(states.begin()->second.size(), 0.0);
  for (const auto& [token, state] : states)
    for (std::size_t h = 0; token != gene && h < mean.size(); ++h) mean[h] += state[h];
  const double genes = static_cast<double>(states.size() - (states.contains(gene) ? 1 : 0));
  for (auto& value : mean) value /= genes;
  return mean;
}

TEST(ShiftEffects, OfCellsAreMeansOverGenesAndTheirWayTowardStates) {
  PerturbedWorld world;
  const std::vector<std::vector<std::uint32_t>> cells_of_state = {{0, 3, 5}, {1, 2, 8, 9}};
  auto subjects = world.subjects();
  subjects.states_SH = state_embeddings(world.model, torch::kCPU, subjects, cells_of_state, {-2, 20});
  std::vector<std::vector<double>> states;  // the mean cell of each
  for (const auto& cells : cells_of_state) {
    std::vector<double> sum;
    for (const std::uint32_t cell : cells) {
      const auto rows = world.rows_in(cell);
      const auto mean = mean_without(testing::states_of(world.model, world.cells[cell], &rows), 0);
      sum.resize(mean.size());
      for (std::size_t h = 0; h < mean.size(); ++h) sum[h] += mean[h] / static_cast<double>(cells.size());
    }
    states.push_back(sum);
  }
  const cells::TokenId gene = 2;
  const auto table = measure_shifts(world.model, torch::kCPU, subjects, world.all,
                                    std::vector{testing::mutation(world, {gene})}, {})
                         .at(0);
  RunningMoments mean_shift, toward[2];
  for (const std::uint32_t cell : world.all) {
    const auto change = testing::mutated(world, cell, {gene});
    if (!change || world.cells[cell].size() < 2) continue;
    const auto before = testing::states_of(world.model, change->first.tokens, &change->first.rows);
    const auto after = testing::states_of(world.model, change->second.tokens, &change->second.rows);
    RunningMoments genes;
    for (const auto& [token, state] : before)
      if (token != gene) genes.add(testing::naive_shift(state, after.at(token)));
    mean_shift.add(genes.mean());
    for (std::size_t s = 0; s < 2; ++s)  // naive_shift is 1 - cosine
      toward[s].add(testing::naive_shift(mean_without(before, gene), states[s]) -
                    testing::naive_shift(mean_without(after, gene), states[s]));
  }
  EXPECT_EQ(table.cell.count(), mean_shift.count());
  EXPECT_NEAR(table.cell.mean(), mean_shift.mean(), 1e-6);
  ASSERT_EQ(table.states.size(), 2U);
  for (std::size_t s = 0; s < 2; ++s) {
    EXPECT_EQ(table.states[s].count(), toward[s].count());
    EXPECT_NEAR(table.states[s].mean(), toward[s].mean(), 1e-6);
    EXPECT_NEAR(table.states[s].standard_deviation(), toward[s].standard_deviation(), 1e-6);
    EXPECT_GT(table.states[s].standard_deviation(), 1e-4);
  }
}

void expect_equal(const RunningMoments& a, const RunningMoments& b) {
  ASSERT_EQ(a.count(), b.count());
  if (a.count() > 0) EXPECT_NEAR(a.mean(), b.mean(), 1e-6);
  if (a.count() > 1) EXPECT_NEAR(a.standard_deviation(), b.standard_deviation(), 1e-6);
}

TEST(ShiftEffects, ByGroupAreThoseOfTheGroupsCellsAloneAndTablesCanBeJoined) {
  PerturbedWorld world;
  std::vector<std::int32_t> group(world.cells.size());
  std::vector<std::uint32_t> members[2];
  for (std::uint32_t cell = 0; cell < group.size(); ++cell) {
    group[cell] = static_cast<std::int32_t>(cell % 3) - 1;  // a third in none
    if (group[cell] >= 0) members[group[cell]].push_back(cell);
  }
  auto subjects = world.subjects();
  subjects.group_of_cell = group;
  subjects.groups = 2;
  const std::vector joint = {testing::mutation(world, {2})};
  const auto whole = measure_shifts(world.model, torch::kCPU, subjects, world.all, joint, {}).at(0);
  ASSERT_EQ(whole.groups.size(), 2U);
  for (std::size_t g = 0; g < 2; ++g) {
    const auto alone =
        measure_shifts(world.model, torch::kCPU, world.subjects(), members[g], joint, {}).at(0);
    EXPECT_EQ(whole.groups[g].cells, alone.cells);
    EXPECT_GT(alone.cells, 3U);
    expect_equal(whole.groups[g].cell, alone.cell);
    expect_equal(whole.groups[g].perturbed, alone.perturbed);
    for (std::size_t token = 0; token < alone.genes.size(); ++token)
      expect_equal(whole.groups[g].genes[token], alone.genes[token]);
  }
  const auto half = std::span(world.all).first(17);
  auto joined = measure_shifts(world.model, torch::kCPU, subjects, half, joint, {}).at(0);
  joined.merge(
      measure_shifts(world.model, torch::kCPU, subjects, std::span(world.all).subspan(17), joint, {}).at(0));
  EXPECT_EQ(joined.cells, whole.cells);
  expect_equal(joined.cell, whole.cell);
  expect_equal(joined.groups[1].genes[5], whole.groups[1].genes[5]);
  EXPECT_THROW(joined.merge(make_shift_table(3, 0, 2)), Error);
}

/// Tokens that pass through layer normalisations while it lives: 2 a layer and one after the embedding.
class NormalisedTokens {
 public:
  NormalisedTokens() {
    count() = 0;
    handle_ =
        at::addThreadLocalCallback(at::RecordFunctionCallback([](const at::RecordFunction& call)
                                                                  -> std::unique_ptr<at::ObserverContext> {
                                     if (std::string_view(call.name()) == "aten::layer_norm")
                                       count() += call.inputs()[0].toTensor().size(0);
                                     return nullptr;
                                   }).needsInputs(true));
  }
  ~NormalisedTokens() { at::removeCallback(handle_); }
  std::uint64_t a_pass(std::int64_t layers) const {
    return static_cast<std::uint64_t>(count() / (2 * layers + 1));
  }

 private:
  static std::int64_t& count() {
    static std::int64_t tokens = 0;
    return tokens;
  }
  at::CallbackHandle handle_;
};

TEST(ShiftEffects, CostAsManyTokensAsWasToldAndReferencesAreRunOnce) {
  PerturbedWorld world;
  const std::vector<JointPerturbation> joint = {{{{PerturbationKind::kDelete, 4, {}, {}}}},
                                                {{{PerturbationKind::kDelete, 5, {}, {}}}},
                                                testing::mutation(world, {2}),
                                                {{{PerturbationKind::kOverexpress, 7, {}, {}}}}};
  const ShiftOptions options{-2, 50};
  const auto told = forward_tokens(world.subjects(), world.all, joint, options);
  const NormalisedTokens tokens;
  measure_shifts(world.model, torch::kCPU, world.subjects(), world.all, joint, options);
  EXPECT_EQ(told.total(), tokens.a_pass(2));  // of three layers, the last is not run
  // Deletions alone: every cell once as it is, and without the gene where it is.
  const auto deletions = forward_tokens(world.subjects(), world.all, std::span(joint).first(2), options);
  std::uint64_t reference = 0, perturbed = 0;
  for (const std::uint32_t cell : world.all) {
    reference += world.cells[cell].size();
    for (const cells::TokenId gene : {4U, 5U})
      perturbed += world.holds(cell, gene) ? world.cells[cell].size() - 1 : 0;
  }
  EXPECT_EQ(deletions.reference, reference);
  EXPECT_EQ(deletions.perturbed, perturbed);
}

/// Remembers the last of what it was told, and how often.
class LastProgress : public support::Progress {
 public:
  void update(std::uint64_t done, std::string_view) override {
    EXPECT_GT(done, last);
    last = done;
    ++updates;
  }
  std::uint64_t last = 0;
  int updates = 0;
};

TEST(EveryGene, OfEveryCellIsPerturbedAsIfAlone) {
  PerturbedWorld world;
  auto subjects = world.subjects();
  subjects.states_SH = state_embeddings(world.model, torch::kCPU, subjects,
                                        std::vector<std::vector<std::uint32_t>>{{1, 4}}, {});
  const Perturbation how{PerturbationKind::kDelete, 0, {}, {}};
  std::uint64_t observed = 0;
  const auto told = forward_tokens_of_every_gene(subjects, world.all, how.kind);
  std::vector<GeneEffect> effects;
  LastProgress progress;
  {
    const NormalisedTokens tokens;
    effects = measure_every_gene(world.model, torch::kCPU, subjects, world.all, how, {-2, 64}, &progress,
                                 [&](const CellShift&) { ++observed; });
    EXPECT_EQ(told.total(), tokens.a_pass(2));
  }
  EXPECT_EQ(progress.last, told.total());
  EXPECT_GT(progress.updates, 20);  // not a whole batch of cells, each in all its forms, at a time
  std::uint64_t pairs = 0;
  for (const auto& cell : world.cells) pairs += cell.size() * (cell.size() - 1);
  EXPECT_EQ(observed, pairs);
  for (cells::TokenId gene = 2; gene < 14; ++gene) {
    const auto alone =
        measure_shifts(world.model, torch::kCPU, subjects, world.all,
                       std::vector<Perturbation>{{PerturbationKind::kDelete, gene, {}, {}}}, {})
            .at(0);
    expect_equal(effects[gene].cell, alone.cell);
    expect_equal(effects[gene].states.at(0), alone.states.at(0));
    EXPECT_GT(alone.cell.count(), 5U);
  }
}

TEST(ShiftEffects, RefuseWhatTheModelCannotRead) {
  PerturbedWorld world;
  auto table = testing::model_of(world.vocabulary, nullptr, 3);
  const data::BatchBuilder plain(world.corpus, nullptr, {}, 8);
  const auto refused = [&](const ShiftSubjects& subjects, const JointPerturbation& joint) {
    EXPECT_THROW(measure_shifts(table, torch::kCPU, subjects, world.all, std::vector{joint}, {}), Error);
  };
  refused({plain}, testing::mutation(world, {2}));                         // no bank
  refused({plain}, {{{PerturbationKind::kOverexpress, 99, {}, {}}}});      // no such token
  refused({plain}, {{{PerturbationKind::kRankMove, 2, {}, {}, 0, 2.0}}});  // no values
  const std::vector<std::int32_t> groups(world.cells.size(), 4);
  refused({.cells = plain, .group_of_cell = groups, .groups = 2}, {{{PerturbationKind::kDelete, 2, {}, {}}}});
}

TEST(ShiftEffects, InBfloat16AreThoseOfFloat32ToItsRounding) {
  PerturbedWorld world;
  const std::vector joint = {testing::mutation(world, {2})};
  const auto exact = measure_shifts(world.model, torch::kCPU, world.subjects(), world.all, joint, {}).at(0);
  const auto rounded =
      measure_shifts(world.model, torch::kCPU, world.subjects(), world.all, joint, {.bfloat16 = true}).at(0);
  double largest = 0.0;
  for (std::size_t token = 3; token < exact.genes.size(); ++token)
    largest = std::max(largest, std::abs(exact.genes[token].mean() - rounded.genes[token].mean()));
  EXPECT_GT(largest, 0.0);  // it was bfloat16
  EXPECT_LT(largest, 2e-3);
  const auto again = measure_shifts(world.model, torch::kCPU, world.subjects(), world.all, joint, {}).at(0);
  EXPECT_EQ(again.genes[5].mean(), exact.genes[5].mean());  // and is no longer
}

}  // namespace
}  // namespace biodta::analysis
