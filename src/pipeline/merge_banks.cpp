#include "distinct_inputs.hpp"
#include "embed_job.hpp"
#include "existing_output.hpp"
#include "shard.hpp"

#include <biodta/embedding/bank_reader.hpp>
#include <biodta/embedding/bank_writer.hpp>
#include <biodta/pipeline/embed.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace biodta::pipeline {
namespace {

using embedding::BankHeader;
using embedding::BankReader;
using support::with_thousands;

constexpr std::size_t kValuesPerBlock = std::size_t{1} << 21;

/// A bank to merge, and which part of its job it is.
struct BankPart {
  std::filesystem::path path;
  Shard shard;
};

/// Takes the shard out of a bank's provenance; the rest is its job's.
Shard take_shard(const std::filesystem::path& path, embedding::Provenance& provenance) {
  const auto entry = provenance.find(kShardAttribute);
  if (entry == provenance.end())
    throw InputError(path, "provenance", "no attribute 'shard'", "a bank that was made with --shard i/n");
  const Shard shard = Shard::parse(entry->second);
  provenance.erase(entry);
  return shard;
}

/// Of two texts of many lines, the first line in which they differ.
std::pair<std::string, std::string> first_difference(const std::string& a, const std::string& b) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()) && a[i] == b[i]; ++i)
    if (a[i] == '\n') begin = i + 1;
  const auto line = [begin](const std::string& text) {
    const auto first = text.find_first_not_of(' ', begin);
    return first == std::string::npos ? std::string("nothing")
                                      : text.substr(first, text.find('\n', first) - first);
  };
  return {line(a), line(b)};
}

void require_same_job(const std::filesystem::path& path, const embedding::Provenance& found,
                      const std::filesystem::path& first, const embedding::Provenance& expected) {
  const auto text = [](const embedding::Provenance& provenance, const std::string& name) {
    const auto entry = provenance.find(name);
    return entry == provenance.end() ? std::string() : entry->second;
  };
  std::set<std::string> names;
  for (const auto* provenance : {&found, &expected})
    for (const auto& entry : *provenance) names.insert(entry.first);
  for (const auto& name : names) {
    if (text(found, name) == text(expected, name)) continue;
    const auto [is, was] = first_difference(text(found, name), text(expected, name));
    throw InputError(path, name, is, was + ", as in " + first.string(),
                     "only the shards of one job can be merged");
  }
}

void require_same_shape(const BankReader& bank, const BankHeader& expected,
                        const std::filesystem::path& first) {
  const auto& header = bank.header();
  const auto shape = [](const BankHeader& of) {
    return std::to_string(of.tokens_per_gene) + " x " + std::to_string(of.width) + " " +
           to_string(of.precision);
  };
  if (shape(header) != shape(expected))
    throw InputError(bank.path(), "reference", shape(header), shape(expected) + ", as in " + first.string());
  const auto same_name = [](const auto& a, const auto& b) { return a.name == b.name; };
  if (!std::equal(header.contexts.begin(), header.contexts.end(), expected.contexts.begin(),
                  expected.contexts.end(), same_name)) {
    throw InputError(bank.path(), "contexts", with_thousands(header.contexts.size()) + " others",
                     "the " + with_thousands(expected.contexts.size()) + " of " + first.string());
  }
}

/// The shards of one job, in their order, must be all of them, each once.
void require_whole_job(std::span<const BankPart> parts) {
  const auto name = [](std::uint64_t index, std::uint64_t count) {
    return "shard " + std::to_string(index) + " of " + std::to_string(count);
  };
  const std::uint64_t count = parts.front().shard.count;
  std::uint64_t expected = 1;
  for (const auto& [path, shard] : parts) {
    if (shard.count != count) {
      throw InputError(path, "", name(shard.index, shard.count),
                       "shards of " + std::to_string(count) + ", as in " + parts.front().path.string());
    }
    if (shard.index < expected)
      throw InputError(path, "", name(shard.index, count) + " a second time", "each shard once");
    if (shard.index > expected)
      throw InputError(path, "", name(shard.index, count), name(expected, count) + " before it");
    ++expected;
  }
  if (expected <= count) {
    throw InputError(parts.back().path, "", name(expected - 1, count) + " as the last",
                     name(expected, count) + " too");
  }
}

/// Adds to the header of the whole what one more shard has; genes of shards must be distinct.
void add_header(BankHeader& whole, const BankReader& bank) {
  const auto& part = bank.header();
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(whole.gene_ids, part.gene_ids);
  append(whole.symbols, part.symbols);
  append(whole.known_bases, part.known_bases);
  append(whole.left_out, part.left_out);
  for (std::size_t i = 0; i < part.contexts.size(); ++i) whole.contexts[i].rows += part.contexts[i].rows;
}

class BankMerger {
 public:
  /// Every bank is opened one at a time, since a job may have thousands of shards.
  explicit BankMerger(const std::vector<std::filesystem::path>& inputs) {
    for (const auto& path : inputs) {
      const BankReader bank(path);
      auto provenance = bank.header().provenance;
      parts_.push_back({path, take_shard(path, provenance)});
      if (parts_.size() == 1) begin_header(bank.header(), provenance);
      require_same_job(path, provenance, inputs.front(), header_.provenance);
      require_same_shape(bank, header_, inputs.front());
    }
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const BankPart& a, const BankPart& b) { return a.shard.index < b.shard.index; });
    require_whole_job(parts_);
    for (const auto& part : parts_) add_header(header_, BankReader(part.path));
  }

  const BankHeader& header() const noexcept { return header_; }

  void write(const std::filesystem::path& output, support::Reporter& reporter) const {
    embedding::BankWriter writer(output, header_);
    const auto progress = reporter.start("merge", header_.gene_ids.size(), "genes");
    std::uint32_t first_gene = 0;
    for (const auto& part : parts_) {
      const BankReader bank(part.path);
      copy_reference(bank, writer);
      for (std::size_t context = 0; context < header_.contexts.size(); ++context)
        copy_context(bank, context, first_gene, writer);
      first_gene += static_cast<std::uint32_t>(bank.header().gene_ids.size());
      progress->update(first_gene);
    }
    writer.finish();
  }

 private:
  void begin_header(const BankHeader& first, const embedding::Provenance& job) {
    header_.tokens_per_gene = first.tokens_per_gene;
    header_.width = first.width;
    header_.precision = first.precision;
    header_.provenance = job;
    for (const auto& context : first.contexts) header_.contexts.push_back({context.name, 0});
  }

  /// Calls copy(first, count, room for so many rows) for all of `rows`, block by block.
  template <class Copy>
  void for_each_block(std::uint64_t rows, const Copy& copy) const {
    const std::uint64_t step = std::max<std::uint64_t>(1, kValuesPerBlock / header_.row_size());
    std::vector<float> values;
    for (std::uint64_t first = 0; first < rows; first += step) {
      const std::uint64_t count = std::min(step, rows - first);
      values.resize(count * header_.row_size());
      copy(first, count, std::span(values));
    }
  }

  void copy_reference(const BankReader& bank, embedding::BankWriter& writer) const {
    for_each_block(bank.header().gene_ids.size(),
                   [&](std::uint64_t first, std::uint64_t count, std::span<float> values) {
                     bank.read_reference(first, count, values);
                     writer.append_reference(values);
                   });
  }

  void copy_context(const BankReader& bank, std::size_t context, std::uint32_t first_gene,
                    embedding::BankWriter& writer) const {
    std::vector<std::uint32_t> genes = bank.context_genes(context);
    for (auto& gene : genes) gene += first_gene;
    for_each_block(genes.size(), [&](std::uint64_t first, std::uint64_t count, std::span<float> values) {
      bank.read_context(context, first, count, values);
      writer.append_context(context, std::span(genes).subspan(first, count), values);
    });
  }

  std::vector<BankPart> parts_;  // in the order of the genes
  BankHeader header_;
};

}  // namespace

void merge_banks(const std::vector<std::filesystem::path>& inputs, const std::filesystem::path& output,
                 support::Reporter& reporter, bool overwrite) {
  check_merge_paths(inputs, output, "the shards of an embedding bank", "the embedding bank");
  if (!overwrite && std::filesystem::exists(output)) refuse_existing("output", output);
  const BankMerger merger(inputs);
  merger.write(output, reporter);
  const auto& header = merger.header();
  if (header.gene_ids.empty()) reporter.warn("no gene of any shard has a row");
  reporter.info("wrote " + output.string() + ": " + with_thousands(inputs.size()) + " shards, " +
                with_thousands(header.gene_ids.size()) + " genes, " + with_thousands(header.contexts.size()) +
                " contexts, " + with_thousands(header.left_out.size()) + " genes left out");
}

}  // namespace biodta::pipeline
