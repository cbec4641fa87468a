#include "testing.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/embedding/bank_writer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace biodta::embedding {
namespace {

using biodta::testing::expect_error;
using biodta::testing::run_python;
using biodta::testing::TemporaryFolder;
using ::testing::IsEmpty;

constexpr std::uint32_t kManyGenes = 40;
constexpr std::size_t kManyContexts = 7;

/// Rows of a bank in memory: of genes in contexts where a coin says so.
struct RandomRows {
  explicit RandomRows(Precision precision) {
    support::RandomStream random(11);
    header.tokens_per_gene = 2;
    header.width = 3;
    header.precision = precision;
    header.provenance = {{"window", "256"}};
    header.left_out = {{"ENSGX", "X", "nothing but N"}};
    for (std::uint32_t gene = 0; gene < kManyGenes; ++gene) {
      header.gene_ids.push_back("G" + std::to_string(gene));
      header.symbols.push_back("S" + std::to_string(gene));
      header.known_bases.push_back(static_cast<float>(gene) / kManyGenes);
    }
    reference = draw(random, kManyGenes);
    for (std::size_t context = 0; context < kManyContexts; ++context) {
      genes.emplace_back();
      for (std::uint32_t gene = 0; gene < kManyGenes; ++gene)
        if (context != 3 && random.bernoulli(0.4)) genes.back().push_back(gene);
      values.push_back(draw(random, genes.back().size()));
      header.contexts.push_back({"donor " + std::to_string(9 - context), genes.back().size()});
    }
  }
  std::vector<float> draw(support::RandomStream& random, std::size_t rows) const {
    std::vector<float> drawn(rows * header.row_size());
    for (float& value : drawn) value = static_cast<float>(random.below(100)) / 4.0F;
    return drawn;
  }
  std::span<const float> row(std::size_t context, std::size_t index) const {
    return std::span(values[context]).subspan(index * header.row_size(), header.row_size());
  }

  BankHeader header;
  std::vector<float> reference;
  std::vector<std::vector<std::uint32_t>> genes;
  std::vector<std::vector<float>> values;
};

void write_by_genes(const RandomRows& rows, const std::filesystem::path& path, std::size_t buffered) {
  BankWriter writer(path, rows.header, buffered);
  for (std::uint32_t gene = 0; gene < kManyGenes; ++gene) {
    writer.append_reference(
        std::span(rows.reference).subspan(gene * rows.header.row_size(), rows.header.row_size()));
    for (std::size_t context = 0; context < kManyContexts; ++context) {
      const auto& genes = rows.genes[context];
      const auto found = std::find(genes.begin(), genes.end(), gene);
      if (found == genes.end()) continue;
      writer.append_context(context, {&gene, 1},
                            rows.row(context, static_cast<std::size_t>(found - genes.begin())));
    }
  }
  writer.finish();
}

class WrittenBank : public ::testing::TestWithParam<Precision> {
 protected:
  TemporaryFolder folder_;
};

TEST_P(WrittenBank, HasTheSameBytesInWhateverOrderTheRowsCame) {
  const RandomRows rows(GetParam());
  write_by_genes(rows, folder_ / "by_genes.h5", BankWriter::kBufferedValues);
  write_by_genes(rows, folder_ / "small_buffer.h5", 20);
  {
    BankWriter writer(folder_ / "by_contexts.h5", rows.header);
    for (std::size_t context = 0; context < kManyContexts; ++context)
      writer.append_context(context, rows.genes[context], rows.values[context]);
    writer.append_reference(rows.reference);
    writer.finish();
  }
  EmbeddingBank bank(rows.header.gene_ids, rows.header.symbols, 2, 3, rows.reference, rows.header.provenance);
  for (std::size_t context = 0; context < kManyContexts; ++context)
    bank.add_context(rows.header.contexts[context].name, rows.genes[context], rows.values[context]);
  bank.set_known_bases(rows.header.known_bases);
  bank.set_left_out(rows.header.left_out);
  bank.write(folder_ / "whole.h5", GetParam());

  const auto bytes = support::read_text_file(folder_ / "whole.h5");
  for (const char* name : {"by_genes.h5", "small_buffer.h5", "by_contexts.h5"})
    EXPECT_EQ(support::read_text_file(folder_ / name), bytes) << name;
  const EmbeddingBank read = EmbeddingBank::read(folder_ / "small_buffer.h5");
  for (std::size_t context = 0; context < kManyContexts; ++context) {
    const auto found = read.context_index(rows.header.contexts[context].name);
    for (std::size_t i = 0; i < rows.genes[context].size(); ++i) {
      const auto row = read.row(read.row_of(rows.genes[context][i], *found));
      EXPECT_TRUE(std::equal(row.begin(), row.end(), rows.row(context, i).begin()));
    }
  }
  EXPECT_EQ(read.known_bases(), rows.header.known_bases);
  EXPECT_EQ(read.left_out(), rows.header.left_out);
}

INSTANTIATE_TEST_SUITE_P(Precisions, WrittenBank, ::testing::Values(Precision::kFloat16, Precision::kFloat32),
                         [](const auto& tested) { return to_string(tested.param); });

TEST_F(WrittenBank, IsReadByH5pyAlone) {
  const RandomRows rows(Precision::kFloat32);
  write_by_genes(rows, folder_ / "bank.h5", 20);
  const auto printed = run_python(
      "import h5py\n"
      "f = h5py.File('" +
      (folder_ / "bank.h5").string() +
      "')\n"
      "c = f['contexts/donor 9']\n"
      "print(f.attrs['version'], f['known_bases'].dtype, f['known_bases'][10], c['gene_index'][:].tolist())\n"
      "print(f['left_out/gene_id'].asstr()[0], f['left_out/reason'].asstr()[0], c['values'][0, 1, 2])\n"
      "print(len(f['contexts']), f['contexts/donor 6/values'].shape)\n");
  if (!printed) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  std::string genes, value = ::testing::PrintToString(rows.values[0][5]);
  for (const auto gene : rows.genes[0]) genes += (genes.empty() ? "" : ", ") + std::to_string(gene);
  if (value.find('.') == std::string::npos) value += ".0";
  EXPECT_EQ(*printed, "1 float32 0.25 [" + genes + "]\nENSGX nothing but N " + value + "\n7 (0, 2, 3)\n");
}

TEST_F(WrittenBank, IsNotThereUntilEveryRowCame) {
  const RandomRows rows(Precision::kFloat32);
  {
    BankWriter writer(folder_ / "bank.h5", rows.header);
    writer.append_reference(rows.reference);
    expect_error<Error>([&] { writer.finish(); }, {"contexts/donor", "rows came", "promised"});
    expect_error<Error>([&] { writer.append_reference(std::vector<float>(6)); }, {"reference", "40 rows"});
    expect_error<Error>([&] { writer.append_context(0, {{40}}, std::vector<float>(6)); }, {"40", "below 40"});
    expect_error<Error>([&] { writer.append_context(0, {{3, 3}}, std::vector<float>(12)); }, {"ascending"});
    expect_error<Error>([&] { writer.append_context(0, {{3}}, std::vector<float>(5)); }, {"a row for every"});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(WrittenBank, RefusesAHeaderThatDoesNotFitTogether) {
  const auto refuse = [&](auto change, std::initializer_list<std::string_view> parts) {
    BankHeader header = RandomRows(Precision::kFloat32).header;
    change(header);
    expect_error<Error>([&] { BankWriter(folder_ / "bank.h5", header); }, parts);
  };
  refuse([](BankHeader& header) { header.width = 0; }, {"width"});
  refuse([](BankHeader& header) { header.symbols.pop_back(); }, {"symbols"});
  refuse([](BankHeader& header) { header.known_bases.pop_back(); }, {"known bases"});
  refuse([](BankHeader& header) { header.contexts[0].name = "a/b"; }, {"'a/b'", "slash"});
  refuse([](BankHeader& header) { header.contexts[0].name = header.contexts[1].name; }, {"twice"});
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace biodta::embedding
