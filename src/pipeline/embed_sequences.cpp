#include "embed_sequences.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <utility>

namespace biodta::pipeline {
namespace {

class EmbedSequences : public EmbedSource {
 public:
  EmbedSequences(const EmbedOptions& options, std::int64_t window)
      : file_(options.sequences), records_(genome::read_fasta(options.sequences)) {
    for (const auto& record : records_) {
      names_.push_back({record.name, record.name});
      if (std::cmp_equal(record.sequence.size(), window)) continue;
      throw InputError(file_, "record " + record.name, std::to_string(record.sequence.size()) + " bp",
                       "the Enformer's window of " + std::to_string(window) + " bp");
    }
  }

  const std::vector<Name>& genes() const override { return names_; }
  const std::vector<std::string>& contexts() const override { return contexts_; }

  std::optional<UnknownDna> unknown_dna(std::size_t gene) const override {
    const auto& record = records_[gene];
    if (record.sequence.find_first_not_of('N') != std::string::npos) return std::nullopt;
    return UnknownDna{file_, "record " + record.name, "nothing but N", "known bases"};
  }

  GeneWindows read(std::size_t gene) const override {
    const auto& sequence = records_[gene].sequence;
    const auto unknown = std::count(sequence.begin(), sequence.end(), 'N');
    GeneWindows result;
    result.count = 1;
    result.window = [&sequence](std::size_t) { return sequence; };
    result.rows.push_back({0});
    result.known_bases =
        static_cast<float>(1.0 - static_cast<double>(unknown) / static_cast<double>(sequence.size()));
    return result;
  }

 private:
  std::filesystem::path file_;
  std::vector<genome::FastaRecord> records_;
  std::vector<Name> names_;
  std::vector<std::string> contexts_;
};

}  // namespace

std::unique_ptr<EmbedSource> open_embed_sequences(const EmbedOptions& options, std::int64_t window) {
  return std::make_unique<EmbedSequences>(options, window);
}

}  // namespace biodta::pipeline
