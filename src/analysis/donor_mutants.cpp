#include <biodta/analysis/donor_mutants.hpp>

#include <optional>
#include <string>

namespace biodta::analysis {
namespace {

/// The sums of two haplotypes' halves.
void add_half(std::vector<float>& sum, const torch::Tensor& row_RE) {
  const auto row = row_RE.contiguous();
  const float* values = row.const_data_ptr<float>();
  sum.resize(static_cast<std::size_t>(row.numel()), 0.0F);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += 0.5F * values[i];
}

/// One distinct haplotype: its own window, and the mutants in it.
struct EmbeddedHaplotype {
  enformer::SequenceEmbeddings own;
  enformer::SequenceEmbeddings mutants;
};

EmbeddedHaplotype embed_haplotype(const MutantSubject& subject, const MutantSearch& search,
                                  const genome::Genome& genome, const std::string& window,
                                  const std::vector<genome::Edit>& variants, std::int64_t batch) {
  const auto length = static_cast<std::int64_t>(subject.window.sequence.size());
  std::vector<std::string> windows;
  for (const std::size_t used : search.used)
    windows.push_back(genome::edited_window(genome, subject.window.contig, subject.window.tss, length,
                                            genome::joined_edits(variants, search.trials.at(used).edits),
                                            "mutant in a donor"));
  const auto reference = subject.embedder.embed_reference(window, &subject.readout);
  return {reference.embeddings(),
          subject.embedder.embed_variants(reference, windows, &subject.readout, batch)};
}

void add_haplotype(DonorMutants& donor, const EmbeddedHaplotype& haplotype) {
  donor.reference_expression += 0.5 * haplotype.own.expression.at(0);
  add_half(donor.reference_row, haplotype.own.rows_NRE[0]);
  for (std::size_t i = 0; i < donor.rows.size(); ++i) {
    donor.expression[i] += 0.5 * haplotype.mutants.expression.at(i);
    add_half(donor.rows[i], haplotype.mutants.rows_NRE[static_cast<std::int64_t>(i)]);
  }
}

}  // namespace

std::vector<DonorMutants> mutants_in_donors(const MutantSubject& subject, const MutantSearch& search,
                                            const genome::Genome& genome,
                                            const genome::HaplotypeReader& donors,
                                            std::span<const std::size_t> samples, std::int64_t batch) {
  std::vector<genome::HaplotypeId> ids;
  for (const std::size_t sample : samples)
    for (const int haplotype : {0, 1}) ids.push_back({sample, haplotype});
  const auto length = static_cast<std::int64_t>(subject.window.sequence.size());
  const auto windows = donors.windows(subject.window.contig, subject.window.tss, length, ids);
  std::vector<DonorMutants> result(samples.size());
  for (auto& donor : result) {
    donor.expression.resize(search.used.size(), 0.0);
    donor.rows.resize(search.used.size());
  }
  for (std::size_t distinct = 0; distinct < windows.distinct(); ++distinct) {
    std::optional<EmbeddedHaplotype> embedded;  // only where someone has it
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (windows.of(i) != distinct) continue;
      if (!embedded)
        embedded = embed_haplotype(subject, search, genome, windows.sequence(distinct),
                                   windows.edits(distinct), batch);
      add_haplotype(result[i / 2], *embedded);
    }
  }
  return result;
}

}  // namespace biodta::analysis
