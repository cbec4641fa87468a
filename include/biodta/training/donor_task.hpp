#pragma once
/// @file
/// Learning expression from donors' genomes: an Enformer is fine-tuned so that the differences between donors
/// of its predicted expression follow those that were measured (fine-tuning on personal genomes, as in
/// Drusinsky et al. 2024).

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/options.hpp>
#include <biodta/training/donor_loss.hpp>
#include <biodta/training/task.hpp>
#include <biodta/training/trained_parts.hpp>
#include <biodta/training/tss_readout.hpp>

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::training {

/// The haplotypes of some donors over the window of one gene.
struct HaplotypeWindows {
  std::vector<std::string> sequences;  ///< distinct; uppercase ACGTN, each a window long
  /// [donors] indices into `sequences`; twice the same where a donor is haploid or homozygous.
  std::vector<std::array<std::uint32_t, 2>> of_donor;
};

/// Where the DNA of a DonorTask comes from. Not thread-safe.
class DonorGenomes {
 public:
  virtual ~DonorGenomes() = default;
  /// The window around a gene's TSS, moved by `shift` bp along the + strand.
  /// @param gene,donors  indices into DonorData.
  virtual HaplotypeWindows windows(std::uint32_t gene, std::span<const std::uint32_t> donors,
                                   std::int64_t shift) = 0;
  /// The same window of the reference genome.
  virtual std::string reference(std::uint32_t gene) = 0;
};

/// Expression measured in donors whose genomes are known.
struct DonorData {
  std::vector<std::string> genes;
  std::vector<std::string> symbols;  ///< [genes]
  std::vector<std::string> donors;
  std::vector<float> expression;  ///< [genes, donors], finite and not negative
  DonorGenomes* genomes = nullptr;
  /// Further facts by name that a run must share with the checkpoint it goes on from.
  std::map<std::string, std::string> identity = {};
};

struct DonorTaskOptions {
  std::int64_t genes = 4;            ///< genes a micro-batch and rank
  std::int64_t donors_per_gene = 8;  ///< of the training donors, drawn anew for each gene and epoch
  double mean_weight = 0.01;         ///< w of donor_loss_sum
  double pseudocount = 1;            ///< added to the measured values before their logarithm; in their units
  std::vector<std::string> held_out_donors;  ///< by name
  double held_out_donor_share = 0.2;         ///< drawn at random, where none is named
  std::vector<std::string> held_out_genes;   ///< by id or symbol
  double held_out_gene_share = 0.1;          ///< drawn at random, where none is named
  std::int64_t max_shift = 3;  ///< windows are moved by up to ± this many bp, all donors of a gene alike
  bool reverse_complement = false;  ///< with probability 1/2 a gene is shown as its other strand
  std::int64_t seed = 0;            ///< of the splits, the order, the donors and the augmentation
};
void describe(support::OptionVisitor& visit, DonorTaskOptions& options);

/// A donor's predicted expression of a gene is the readout of the window around its TSS, averaged over the
/// donor's haplotypes. The loss is donor_loss_sum of the logarithms; a distinct haplotype of a gene is
/// computed once a batch.
///
/// Evaluation, on held-out donors: "loss" (mean of a donor and gene) and add_donor_figures for
/// "training_genes" and "held_out_genes". Empty when no donor is held out.
class DonorTask : public Task {
 public:
  /// @param parts  moved to `device`.
  /// @param data   must outlive the task.
  /// @param ranks  must outlive the task.
  /// Throws ConfigError for names that there are not, for a readout that does not fit, when fewer than two
  /// donors or no gene is left to train on, and when one or two donors are held out: a correlation over them
  /// says nothing.
  DonorTask(TrainedParts parts, const TssReadoutOptions& readout, const DonorData& data,
            const DonorTaskOptions& options, std::int64_t gradient_accumulation,
            distributed::Communicator& ranks, torch::Device device);

  torch::nn::Module& module() override { return parts_.model(); }
  torch::Device device() const override { return device_; }
  std::uint64_t steps_per_epoch() const override;
  std::string_view unit() const override { return "pairs"; }
  bool uses_every_parameter() const override { return true; }
  void set_training() override { parts_.set_training(); }
  void start_epoch(std::uint64_t epoch, std::uint64_t first_step) override;
  MicroBatchLoss forward(std::uint64_t step, std::int64_t micro_batch) override;
  std::string describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                   std::uint64_t slot) const override;
  Metrics evaluate(distributed::Communicator& ranks) override;
  TaskState state() override;
  void load_state(const TaskState& state) override;

  /// Windows of some genes, on the task's device; U distinct ones, G genes, K donors of each.
  struct Batch {
    torch::Tensor one_hot_U4L;
    torch::Tensor turned_U;     ///< bool: shown as the other strand; undefined = none
    torch::Tensor window_GK2;   ///< int64: which window a donor's haplotypes are
    torch::Tensor measured_GK;  ///< log(expression + pseudocount)
  };
  /// Groups of the epoch at hand, augmented.
  Batch make_batch(std::span<const std::uint32_t> genes);
  /// log of predicted expression, [G, K].
  torch::Tensor predict(const Batch& batch);
  /// Of the held-out donors and every gene, as the last evaluation found it.
  const DonorExpression& held_out_expression() const noexcept { return held_out_expression_; }

  const std::vector<std::uint32_t>& training_donors() const noexcept { return donors_.training; }
  const std::vector<std::uint32_t>& held_out_donors() const noexcept { return donors_.held_out; }
  const std::vector<std::uint32_t>& training_genes() const noexcept { return genes_.training; }
  const std::vector<std::uint32_t>& held_out_genes() const noexcept { return genes_.held_out; }

 private:
  struct Split {
    std::vector<std::uint32_t> training;  // ascending
    std::vector<std::uint32_t> held_out;
  };
  std::vector<std::uint32_t> order_of(std::uint64_t epoch) const;
  void split_donors();
  void split_genes();
  double measured(std::uint32_t gene, std::uint32_t donor) const;
  std::vector<double> expression_of(std::span<const std::string> windows);
  DonorExpression predict_held_out(distributed::Communicator& ranks);
  void settle_level(distributed::Communicator& ranks);
  double estimate_level(distributed::Communicator& ranks);

  TrainedParts parts_;
  TssReadout readout_;
  const DonorData* data_;
  DonorTaskOptions options_;
  std::int64_t accumulation_;
  distributed::Communicator* ranks_;
  torch::Device device_;
  Split donors_;
  Split genes_;
  std::vector<std::uint32_t> order_;  // training genes of the epoch
  std::uint64_t epoch_ = 0;
  // Measured minus predicted log expression, on the whole, as the network stood before its first step.
  std::optional<double> level_;
  bool level_is_shared_ = false;
  DonorExpression held_out_expression_;
};

}  // namespace biodta::training
