#include "micro_batch.hpp"

#include <biodta/enformer/one_hot.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>
#include <biodta/training/donor_task.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace biodta::training {
namespace {

/// Added before the logarithm of an expression: softplus underflows to 0.
constexpr double kEpsilon = 1e-7;

/// Streams of random numbers, each for one purpose.
enum DonorPurpose : std::uint64_t { kDonorSplit = 1, kGeneSplit, kGeneOrder, kDonorDraw, kDonorShift };
constexpr std::uint32_t kFewestForCorrelation = 3;

/// Index of `name` in the first of `lists` that has it.
std::uint32_t find_name(const std::string& setting, const std::string& name,
                        std::initializer_list<std::span<const std::string>> lists) {
  std::vector<std::string> near;
  for (const auto list : lists) {
    const auto found = std::find(list.begin(), list.end(), name);
    if (found != list.end()) return static_cast<std::uint32_t>(found - list.begin());
    if (near.empty()) near = support::nearest_names(name, list);
  }
  throw ConfigError(setting + ": found " + name + ", which the expression table does not have",
                    near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
}

/// The first `share` of a shuffled 0 … count − 1, ascending.
std::vector<std::uint32_t> draw_share(std::size_t count, double share, support::RandomStream random) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0U);
  random.shuffle(all);
  all.resize(static_cast<std::size_t>(std::llround(share * static_cast<double>(count))));
  return all;
}

std::vector<std::uint32_t> others_of(std::size_t count, const std::vector<std::uint32_t>& sorted) {
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!std::binary_search(sorted.begin(), sorted.end(), i)) others.push_back(i);
  }
  return others;
}

void sort_once(std::vector<std::uint32_t>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::string checksum_of_names(std::span<const std::string> names) {
  std::string joined;
  for (const auto& name : names) joined += name + "\n";
  return support::bytes_checksum(std::as_bytes(std::span(joined)));
}

}  // namespace

void describe(support::OptionVisitor& visit, DonorTaskOptions& options) {
  using support::at_least;
  using support::between;
  visit.field("genes", options.genes, "genes a micro-batch and rank", between(1, 1 << 16));
  visit.field("donors_per_gene", options.donors_per_gene,
              "training donors shown of each of them, drawn anew every epoch", between(2, 1 << 16));
  visit.field("mean_weight", options.mean_weight,
              "weight of a gene's mean beside the differences between donors", at_least(0));
  visit.field("pseudocount", options.pseudocount,
              "added to measured expression before its logarithm, in its units", support::greater_than(0));
  visit.field("held_out_donors", options.held_out_donors, "donors kept for evaluation, by name");
  visit.field("held_out_donor_share", options.held_out_donor_share,
              "share of the donors kept for evaluation, where none is named", between(0, 0.9));
  visit.field("held_out_genes", options.held_out_genes, "genes never trained on, by id or symbol");
  visit.field("held_out_gene_share", options.held_out_gene_share,
              "share of the genes never trained on, where none is named", between(0, 0.9));
  visit.field("max_shift", options.max_shift,
              "windows are moved by up to ± this many bp, all donors of a gene alike",
              support::between(0, 1 << 20));
  visit.field("reverse_complement", options.reverse_complement, "show the other strand of half of the genes");
  visit.field("seed", options.seed, "of splits, order, drawn donors and augmentation", at_least(0));
}

DonorTask::DonorTask(TrainedParts parts, const TssReadoutOptions& readout, const DonorData& data,
                     const DonorTaskOptions& options, std::int64_t gradient_accumulation,
                     distributed::Communicator& ranks, torch::Device device)
    : parts_(std::move(parts)),
      readout_(readout, parts_.config(), parts_.tracks()),
      data_(&data),
      options_(options),
      accumulation_(gradient_accumulation),
      ranks_(&ranks),
      device_(device) {
  split_donors();
  split_genes();
  parts_.model().to(device_);
}

void DonorTask::split_donors() {
  auto& held_out = donors_.held_out;
  for (const auto& name : options_.held_out_donors)
    held_out.push_back(find_name("held_out_donors", name, {data_->donors}));
  if (held_out.empty()) {
    held_out =
        draw_share(data_->donors.size(), options_.held_out_donor_share,
                   support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), kDonorSplit}));
  }
  sort_once(held_out);
  donors_.training = others_of(data_->donors.size(), held_out);
  const std::string of = " of " + std::to_string(data_->donors.size());
  if (donors_.training.size() < 2) {
    throw ConfigError("donors: found " + std::to_string(donors_.training.size()) + of +
                      " to train on, expected at least 2: what is learned is the difference between donors");
  }
  if (!held_out.empty() && held_out.size() < kFewestForCorrelation) {
    throw ConfigError("donors: found " + std::to_string(held_out.size()) + of +
                      " held out, expected none or at least 3: a correlation over fewer says nothing");
  }
}

void DonorTask::split_genes() {
  auto& held_out = genes_.held_out;
  for (const auto& name : options_.held_out_genes)
    held_out.push_back(find_name("held_out_genes", name, {data_->genes, data_->symbols}));
  if (held_out.empty()) {
    held_out = draw_share(data_->genes.size(), options_.held_out_gene_share,
                          support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), kGeneSplit}));
  }
  sort_once(held_out);
  genes_.training = others_of(data_->genes.size(), held_out);
  if (genes_.training.empty()) throw ConfigError("no gene is left to train on");
}

std::uint64_t DonorTask::steps_per_epoch() const {
  const auto global_batch = static_cast<std::uint64_t>(options_.genes * accumulation_ * ranks_->size());
  return std::max<std::uint64_t>(1, genes_.training.size() / global_batch);
}

void DonorTask::start_epoch(std::uint64_t epoch, std::uint64_t /*first_step*/) {
  settle_level(*ranks_);
  epoch_ = epoch;
  order_ = order_of(epoch);
}

std::vector<std::uint32_t> DonorTask::order_of(std::uint64_t epoch) const {
  auto order = genes_.training;
  support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), kGeneOrder, epoch}).shuffle(order);
  return order;
}

std::string DonorTask::describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                            std::uint64_t slot) const {
  const auto order = order_of(epoch);
  const auto place = static_cast<std::int64_t>(slot);
  std::vector<std::string> genes;
  for (const auto gene :
       micro_batch_of(order, options_.genes,
                      {step, place % accumulation_, accumulation_, place / accumulation_, ranks_->size()})) {
    genes.push_back(data_->genes[gene]);
  }
  return "genes " + support::join_words(genes);
}

double DonorTask::measured(std::uint32_t gene, std::uint32_t donor) const {
  const auto value = data_->expression[std::size_t{gene} * data_->donors.size() + donor];
  return std::log(static_cast<double>(value) + options_.pseudocount);
}

DonorTask::Batch DonorTask::make_batch(std::span<const std::uint32_t> genes) {
  const auto seed = static_cast<std::uint64_t>(options_.seed);
  const auto group = std::min(static_cast<std::size_t>(options_.donors_per_gene), donors_.training.size());
  std::vector<std::string> windows;
  std::vector<std::int64_t> window_of;
  std::vector<float> measured_values;
  std::vector<std::int64_t> turned;
  for (const auto gene : genes) {
    auto draw = support::RandomStream::of({seed, kDonorDraw, epoch_, gene});
    auto donors = donors_.training;
    draw.shuffle(donors);
    donors.resize(group);
    auto augmentation = support::RandomStream::of({seed, kDonorShift, epoch_, gene});
    const auto shift = draw_shift(augmentation, options_.max_shift);
    const bool turns = options_.reverse_complement && augmentation.bernoulli(0.5);
    auto haplotypes = data_->genomes->windows(gene, donors, shift);
    const auto first = static_cast<std::int64_t>(windows.size());
    for (std::size_t donor = 0; donor < group; ++donor) {
      for (const auto haplotype : haplotypes.of_donor[donor]) window_of.push_back(first + haplotype);
      measured_values.push_back(static_cast<float>(measured(gene, donors[donor])));
    }
    for (auto& sequence : haplotypes.sequences) {
      if (turns) turned.push_back(static_cast<std::int64_t>(windows.size()));
      windows.push_back(std::move(sequence));
    }
  }
  Batch batch;
  const auto rows = static_cast<std::int64_t>(genes.size()), columns = static_cast<std::int64_t>(group);
  auto one_hot_U4L = enformer::one_hot(windows);
  const auto turned_U = turn_windows(one_hot_U4L, turned);
  if (turned_U.defined()) batch.turned_U = turned_U.to(device_);
  batch.one_hot_U4L = one_hot_U4L.to(device_);
  batch.window_GK2 = torch::tensor(window_of, torch::kInt64).view({rows, columns, 2}).to(device_);
  batch.measured_GK = torch::tensor(measured_values).view({rows, columns}).to(device_);
  return batch;
}

torch::Tensor DonorTask::predict(const Batch& batch) {
  const auto expression_U = readout_.expression(parts_.predict(batch.one_hot_U4L), batch.turned_U);
  const auto haplotypes_GK2 =
      expression_U.index_select(0, batch.window_GK2.flatten()).view(batch.window_GK2.sizes());
  return (haplotypes_GK2.mean(2) + kEpsilon).log();
}

MicroBatchLoss DonorTask::forward(std::uint64_t step, std::int64_t micro_batch) {
  const auto genes = micro_batch_of(order_, options_.genes,
                                    {step, micro_batch, accumulation_, ranks_->rank(), ranks_->size()});
  MicroBatchLoss result;
  if (!genes.empty()) {
    const auto groups = make_batch(genes);
    result.sum = donor_loss_sum(predict(groups), groups.measured_GK, *level_, options_.mean_weight);
    result.count = static_cast<double>(groups.measured_GK.numel());
    result.units = result.count;
  }
  parts_.average_statistics(*ranks_);
  return result;
}

std::vector<double> DonorTask::expression_of(std::span<const std::string> windows) {
  const auto chunk = static_cast<std::size_t>(options_.genes * options_.donors_per_gene);
  std::vector<double> values;
  for (std::size_t first = 0; first < windows.size(); first += chunk) {
    const auto part = windows.subspan(first, std::min(chunk, windows.size() - first));
    const auto expression = readout_.expression(parts_.predict(enformer::one_hot(part).to(device_)))
                                .to(torch::kFloat64)
                                .to(torch::kCPU)
                                .contiguous();
    values.insert(values.end(), expression.const_data_ptr<double>(),
                  expression.const_data_ptr<double>() + expression.numel());
  }
  return values;
}

void DonorTask::settle_level(distributed::Communicator& ranks) {
  if (level_is_shared_) return;
  // The first rank alone has read the checkpoint.
  std::vector<torch::Tensor> known{
      torch::tensor({level_ ? 1.0 : 0.0, level_.value_or(0.0)}, torch::kFloat64).to(device_)};
  if (ranks.size() > 1) ranks.broadcast(known);
  const auto host = known.front().cpu();
  level_ = host[0].item<double>() != 0 ? host[1].item<double>() : estimate_level(ranks);
  level_is_shared_ = true;
}

double DonorTask::estimate_level(distributed::Communicator& ranks) {
  const torch::NoGradGuard no_grad;
  const bool was_training = parts_.model().is_training();
  parts_.model().eval();
  double difference = 0;
  for (auto i = static_cast<std::size_t>(ranks.rank()); i < genes_.training.size();
       i += static_cast<std::size_t>(ranks.size())) {
    const auto gene = genes_.training[i];
    const std::vector<std::string> window = {data_->genomes->reference(gene)};
    double sum = 0;
    for (const auto donor : donors_.training) sum += measured(gene, donor);
    difference += sum / static_cast<double>(donors_.training.size()) -
                  std::log(expression_of(window).front() + kEpsilon);
  }
  if (was_training) parts_.set_training();
  auto sum = torch::full({}, difference, torch::TensorOptions(torch::kFloat64).device(device_));
  ranks.all_reduce_sum(sum);
  return sum.item<double>() / static_cast<double>(genes_.training.size());
}

DonorExpression DonorTask::predict_held_out(distributed::Communicator& ranks) {
  const auto genes = data_->genes.size(), donors = donors_.held_out.size();
  DonorExpression result{donors, std::vector<double>(genes * donors, 0.0), {}};
  for (auto gene = static_cast<std::uint32_t>(ranks.rank()); gene < genes;
       gene += static_cast<std::uint32_t>(ranks.size())) {
    const auto haplotypes = data_->genomes->windows(gene, donors_.held_out, /*shift=*/0);
    const auto expression = expression_of(haplotypes.sequences);
    for (std::size_t donor = 0; donor < donors; ++donor) {
      const auto [one, other] = haplotypes.of_donor[donor];
      result.predicted[gene * donors + donor] =
          std::log(0.5 * (expression[one] + expression[other]) + kEpsilon);
    }
  }
  auto shared = torch::tensor(result.predicted, torch::kFloat64).to(device_);
  ranks.all_reduce_sum(shared);
  const auto host = shared.cpu().contiguous();
  result.predicted.assign(host.const_data_ptr<double>(), host.const_data_ptr<double>() + host.numel());
  for (std::uint32_t gene = 0; gene < genes; ++gene) {
    for (const auto donor : donors_.held_out) result.measured.push_back(measured(gene, donor));
  }
  return result;
}

Metrics DonorTask::evaluate(distributed::Communicator& ranks) {
  if (donors_.held_out.empty()) return {};
  settle_level(ranks);
  held_out_expression_ = predict_held_out(ranks);
  const auto& expression = held_out_expression_;
  const auto matrix = [&](const std::vector<double>& values) {
    return torch::tensor(values, torch::kFloat64).view({-1, static_cast<std::int64_t>(expression.donors)});
  };
  Metrics metrics;
  metrics["loss"] =
      donor_loss_sum(matrix(expression.predicted), matrix(expression.measured), *level_, options_.mean_weight)
          .item<double>() /
      static_cast<double>(expression.measured.size());
  add_donor_figures(expression, genes_.training, "training_genes", metrics);
  add_donor_figures(expression, genes_.held_out, "held_out_genes", metrics);
  return metrics;
}

TaskState DonorTask::state() {
  TaskState state;
  if (level_) state.tensors["level"] = torch::full({1}, *level_, torch::kFloat64);
  std::vector<std::string> held_out;
  for (const auto donor : donors_.held_out) held_out.push_back(data_->donors[donor]);
  for (const auto gene : genes_.held_out) held_out.push_back(data_->genes[gene]);
  state.values = data_->identity;
  state.values.insert({{"donors", checksum_of_names(data_->donors)},
                       {"genes", checksum_of_names(data_->genes)},
                       {"expression", support::bytes_checksum(std::as_bytes(std::span(data_->expression)))},
                       {"held_out", checksum_of_names(held_out)},
                       {"head", parts_.head()},
                       {"trainable", parts_.identity()},
                       {"groups.genes", std::to_string(options_.genes)},
                       {"groups.donors_per_gene", std::to_string(options_.donors_per_gene)},
                       {"groups.mean_weight", support::format_double(options_.mean_weight)},
                       {"groups.pseudocount", support::format_double(options_.pseudocount)},
                       {"groups.max_shift", std::to_string(options_.max_shift)},
                       {"groups.reverse_complement", options_.reverse_complement ? "true" : "false"},
                       {"groups.seed", std::to_string(options_.seed)},
                       {"readout", readout_.identity()},
                       {"enformer.heads", std::to_string(parts_.config().heads)},
                       {"training.gradient_accumulation", std::to_string(accumulation_)}});
  return state;
}

void DonorTask::load_state(const TaskState& saved) {
  require_same_run(saved, state());
  const auto level = saved.tensors.find("level");
  if (level == saved.tensors.end() || level->second.numel() != 1)
    throw CheckpointError("the checkpoint holds no level of the expression, expected one");
  level_ = level->second.item<double>();
}

}  // namespace biodta::training
