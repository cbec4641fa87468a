#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using biodta::testing::expect_error;
using biodta::testing::run_python;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using testing::numbered;

Vocabulary vocabulary_of(std::size_t genes) {
  std::vector<VocabularyGene> made;
  for (std::size_t i = 0; i < genes; ++i) {
    made.push_back({"ENSG" + std::to_string(i), "SYM" + std::to_string(i), 0.5 + static_cast<double>(i)});
  }
  return Vocabulary(std::move(made));
}

/// Cells of random lengths (some empty) and random tokens.
struct RandomCells {
  RandomCells(std::size_t cells, std::size_t longest, const Vocabulary& vocabulary, std::uint64_t seed) {
    support::RandomStream random(seed);
    for (std::size_t i = 0; i < cells; ++i) {
      for (std::uint64_t left = random.below(longest + 1); left > 0; --left) {
        tokens.push_back(
            static_cast<TokenId>(vocabulary.first_gene_token() + random.below(vocabulary.gene_count())));
      }
      offsets.push_back(tokens.size());
    }
  }
  std::vector<TokenId> cell(std::size_t i) const {
    return {tokens.begin() + static_cast<std::ptrdiff_t>(offsets[i]),
            tokens.begin() + static_cast<std::ptrdiff_t>(offsets[i + 1])};
  }
  std::vector<TokenId> tokens;
  std::vector<std::uint64_t> offsets = {0};
};

/// Appends the cells in blocks of `block` cells and finishes.
void write(const std::filesystem::path& path, const Vocabulary& vocabulary, const RandomCells& cells,
           std::size_t block, const std::vector<ObsColumn>& obs = {},
           const CorpusProvenance& provenance = {}) {
  std::vector<ObsField> fields;
  for (const ObsColumn& column : obs) fields.push_back(column.field());
  CorpusWriter writer(path, vocabulary, fields);
  const std::size_t count = cells.offsets.size() - 1;
  const std::vector<std::string> ids = numbered("c", count);
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t last = std::min(count, first + block);
    std::vector<std::uint64_t> offsets;
    for (std::size_t i = first; i <= last; ++i) offsets.push_back(cells.offsets[i] - cells.offsets[first]);
    const auto slice = [&](const auto& values) {
      using Values = std::decay_t<decltype(values)>;
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
      return values.empty() ? Values() : Values(begin, begin + static_cast<std::ptrdiff_t>(last - first));
    };
    std::vector<ObsValues> values;
    for (const ObsColumn& column : obs) values.push_back({slice(column.codes), slice(column.numbers)});
    writer.append(std::span(cells.tokens).subspan(cells.offsets[first], offsets.back()), offsets,
                  std::span(ids).subspan(first, last - first), values);
  }
  writer.finish(provenance);
}

std::vector<TokenId> read(const Corpus& corpus, std::uint64_t cell) {
  std::vector<TokenId> tokens;
  corpus.read_cell(cell, tokens);
  return tokens;
}

void expect_same_cells(const Corpus& corpus, const RandomCells& cells) {
  ASSERT_EQ(corpus.cell_count(), cells.offsets.size() - 1);
  ASSERT_EQ(corpus.token_count(), cells.tokens.size());
  const std::vector<std::uint32_t> lengths = corpus.lengths();
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const std::vector<TokenId> expected = cells.cell(i);
    ASSERT_EQ(lengths[i], expected.size());
    ASSERT_EQ(corpus.length(i), expected.size());
    ASSERT_EQ(read(corpus, i), expected);
  }
}

class CorpusTest : public ::testing::Test {
 protected:
  /// A corpus of two cells, {2, 3} and {3}, that `change` then damages.
  std::filesystem::path damaged(const std::function<void(hdf5::File&)>& change) {
    write_corpus(folder_ / "c.h5", vocabulary_of(2), std::vector<TokenId>{2, 3, 3},
                 std::vector<std::uint64_t>{0, 2, 3}, std::vector<std::string>{"a", "b"},
                 std::vector<ObsColumn>{{"type", {0, 1}, {"T", "B"}, {}}});
    hdf5::File file = hdf5::File::open_for_update(folder_ / "c.h5");
    change(file);
    file.close();
    return folder_ / "c.h5";
  }
  TemporaryFolder folder_;
};

TEST_F(CorpusTest, ReadsBackWhatWasWrittenInEveryTokenWidth) {
  const std::vector<std::pair<std::size_t, hdf5::ElementType>> widths = {
      {254, hdf5::ElementType::kUint8},
      {255, hdf5::ElementType::kUint16},
      {65'534, hdf5::ElementType::kUint16},
      {65'535, hdf5::ElementType::kUint32}};
  for (const auto& [genes, type] : widths) {
    const Vocabulary vocabulary = vocabulary_of(genes);
    const RandomCells cells(500, 200, vocabulary, genes);
    write(folder_ / "c.h5", vocabulary, cells, 64);
    EXPECT_EQ(hdf5::File::open(folder_ / "c.h5").dataset("tokens").type(), type);
    Corpus corpus = Corpus::open(folder_ / "c.h5");
    EXPECT_EQ(corpus.vocabulary(), vocabulary);
    expect_same_cells(corpus, cells);
    corpus.load_tokens();
    expect_same_cells(corpus, cells);
    EXPECT_THAT(corpus.cell_ids(), ::testing::ContainerEq(numbered("c", 500)));
  }
}

TEST_F(CorpusTest, TheBytesDoNotDependOnHowTheCellsCame) {
  const Vocabulary vocabulary = vocabulary_of(1000);
  const RandomCells cells(3000, 1000, vocabulary, 4);  // 1.5 million tokens: more than one flush
  write(folder_ / "a.h5", vocabulary, cells, 3000);
  write(folder_ / "b.h5", vocabulary, cells, 7);
  EXPECT_EQ(support::read_text_file(folder_ / "a.h5"), support::read_text_file(folder_ / "b.h5"));
  expect_same_cells(Corpus::open(folder_ / "a.h5"), cells);
}

TEST_F(CorpusTest, ObsAndProvenanceComeBack) {
  const Vocabulary vocabulary = vocabulary_of(5);
  const RandomCells cells(3, 4, vocabulary, 1);
  const CorpusProvenance provenance{.sources = {"A.h5ad", "B.h5ad"},
                                    .checksums = {"crc32:1", "crc32:2"},
                                    .source_cells = {2, 1},
                                    .options = "filters:\n  min_genes: 7\n",
                                    .cells_read = 9,
                                    .filter_names = {"min_genes", "x"},
                                    .filter_dropped = {5, 1}};
  write(folder_ / "c.h5", vocabulary, cells, 2,
        {{"type", {1, -1, 0}, {"T", "B"}, {}}, {"age", {}, {}, {1, 2, 3.5}}}, provenance);
  const Corpus corpus = Corpus::open(folder_ / "c.h5");
  EXPECT_THAT(corpus.obs_names(), ElementsAre("type", "age"));
  EXPECT_THAT(corpus.obs("type").codes, ElementsAre(1, -1, 0));
  EXPECT_THAT(corpus.obs("type").categories, ElementsAre("T", "B"));
  EXPECT_THAT(corpus.obs("age").numbers, ElementsAre(1, 2, 3.5));
  expect_error<InputError>([&] { corpus.obs("tpe"); }, {"c.h5", "type and age", "'tpe'"});
  const CorpusProvenance back = corpus.provenance();
  EXPECT_EQ(back.sources, provenance.sources);
  EXPECT_EQ(back.checksums, provenance.checksums);
  EXPECT_EQ(back.source_cells, provenance.source_cells);
  EXPECT_EQ(back.options, provenance.options);
  EXPECT_EQ(back.cells_read, 9U);
  EXPECT_EQ(back.filter_names, provenance.filter_names);
  EXPECT_EQ(back.filter_dropped, provenance.filter_dropped);
}

TEST_F(CorpusTest, ManyThreadsReadAtOnce) {
  const Vocabulary vocabulary = vocabulary_of(300);
  const RandomCells cells(400, 300, vocabulary, 2);
  write(folder_ / "c.h5", vocabulary, cells, 100);
  const Corpus corpus = Corpus::open(folder_ / "c.h5");
  std::vector<std::thread> threads;
  std::vector<std::size_t> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < 400; i += 3) wrong[t] += read(corpus, i) == cells.cell(i) ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

TEST_F(CorpusTest, H5pyAloneReadsIt) {
  const Vocabulary vocabulary = vocabulary_of(300);
  const RandomCells cells(50, 20, vocabulary, 3);
  std::vector<std::int32_t> codes;
  for (std::int32_t i = 0; i < 50; ++i) codes.push_back(i % 2);
  write(folder_ / "c.h5", vocabulary, cells, 9, {{"type", codes, {"T", "B"}, {}}},
        {.sources = {"A.h5ad"}, .checksums = {"crc32:1"}, .source_cells = {50}, .cells_read = 60});
  const auto printed = run_python(
      "import h5py\n"
      "f = h5py.File('" +
      (folder_ / "c.h5").string() +
      "')\n"
      "print(f.attrs['format'], f.attrs['version'], f.attrs['sources'].tolist(), f.attrs['cells_read'])\n"
      "genes = f['vocabulary/symbol'].asstr()[:]\n"
      "offsets = f['offsets'][:]\n"
      "cell = f['tokens'][offsets[7]:offsets[8]]\n"
      "print(genes[cell - 2].tolist(), f['vocabulary/median'][299], f['tokens'].dtype, "
      "f['tokens'].compression)\n"
      "print(f['obs/type/categories'].asstr()[:][f['obs/type/codes'][:]].tolist()[:3], "
      "f['obs/_index'].asstr()[49])\n");
  if (!printed) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  std::string names;
  for (const TokenId token : cells.cell(7)) {
    names += (names.empty() ? "'" : ", '") + vocabulary.gene(token).symbol + "'";
  }
  EXPECT_EQ(*printed,
            "biodta-corpus 2 ['A.h5ad'] 60\n[" + names + "] 299.5 uint16 None\n['T', 'B', 'T'] c49\n");
}

TEST(CorpusVersions, ACorpusOfVersionOneIsStillRead) {
  // 24 cells of 9 genes, written by the first release (gzip tokens and offsets, no special_tokens).
  Corpus corpus = Corpus::open(biodta::testing::fixture("cells/corpus_v1.h5"));
  EXPECT_EQ(corpus.cell_count(), 23U);
  EXPECT_EQ(corpus.token_count(), 110U);
  EXPECT_EQ(corpus.vocabulary().specials(), SpecialTokens::kPadMask);
  EXPECT_THAT(read(corpus, 0), ElementsAre(8, 9, 6, 3));
  EXPECT_THAT(read(corpus, 1), ElementsAre(9, 3, 10, 4, 6, 8, 5));
  EXPECT_EQ(corpus.provenance().cells_read, 24U);
  corpus.load_tokens();
  EXPECT_THAT(read(corpus, 1), ElementsAre(9, 3, 10, 4, 6, 8, 5));
}

TEST_F(CorpusTest, AnUnfinishedCorpusLeavesNothing) {
  {
    CorpusWriter writer(folder_ / "c.h5", vocabulary_of(3));
    writer.append(std::vector<TokenId>{2}, std::vector<std::uint64_t>{0, 1}, std::vector<std::string>{"a"});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(CorpusTest, TheWriterRefusesWhatDoesNotFitTogether) {
  const std::vector<ObsField> fields = {{"age", false, {}, false}};
  CorpusWriter writer(folder_ / "c.h5", vocabulary_of(3), fields);
  const std::vector<TokenId> tokens = {2, 3};
  const std::vector<std::string> ids = {"a"};
  const std::vector<ObsValues> ages = {{{}, {1}}};
  const auto append = [&](std::vector<std::uint64_t> offsets) { writer.append(tokens, offsets, ids, ages); };
  expect_error<Error>([&] { append({0, 1}); }, {"offsets"});
  expect_error<Error>([&] { append({1, 2}); }, {"offsets"});
  expect_error<Error>([&] { append({0, 3, 2}); }, {"offsets"});
  expect_error<Error>([&] { append({}); }, {"offsets"});
  expect_error<Error>(
      [&] {
        writer.append(std::vector<TokenId>{5}, std::vector<std::uint64_t>{0, 1}, ids, ages);
      },
      {"token 5"});
  const std::vector<std::uint64_t> one_cell = {0, 2};
  expect_error<Error>([&] { writer.append(tokens, one_cell, {}, ages); }, {"0 cell ids", "1 cells"});
  expect_error<Error>([&] { writer.append(tokens, one_cell, ids); }, {"0 obs columns", "1 columns"});
  const std::vector<ObsValues> two_ages = {{{}, {1, 2}}};
  expect_error<Error>([&] { writer.append(tokens, one_cell, ids, two_ages); },
                      {"age", "2 values for 1 cells"});
  append({0, 2});
  writer.finish({});
  EXPECT_EQ(Corpus::open(folder_ / "c.h5").cell_count(), 1U);
}

TEST_F(CorpusTest, OpeningRefusesWhatIsNoCorpus) {
  const auto refused = [&](const std::function<void(hdf5::File&)>& change,
                           std::initializer_list<std::string_view> words) {
    const std::filesystem::path path = damaged(change);
    expect_error<InputError>([&] { Corpus::open(path); }, words);
  };
  refused([](hdf5::File& f) { f.set_attribute("format", "biodta-embeddings"); },
          {"format", "biodta-embeddings", "biodta-corpus"});
  refused([](hdf5::File& f) { f.set_attribute("version", std::int64_t{9}); }, {"version", "9", "1 to 2"});
  const auto with_offsets = [](std::vector<std::uint64_t> values) {
    return [values](hdf5::File& f) { f.dataset("offsets").write_all<std::uint64_t>(values); };
  };
  refused(with_offsets({0, 2, 4}), {"offsets[2]", "4", "3"});
  refused(with_offsets({1, 2, 3}), {"offsets[0]", "1", "0"});
  refused([](hdf5::File& f) { f.set_attribute("special_tokens", std::span<const std::string>()); },
          {"special_tokens", "<pad> and <mask>"});
  refused(
      [](hdf5::File& f) {
        f.dataset("vocabulary/median").write_all<double>(std::vector<double>{1, -1});
      },
      {"c.h5", "ENSG1", "-1", "positive"});
  refused(
      [](hdf5::File& f) {
        f.dataset("vocabulary/gene_id").write_strings(std::vector<std::string>{"x", "x"});
      },
      {"c.h5", "x", "twice"});
  support::write_text_file(folder_ / "c.h5", "no corpus");
  expect_error<InputError>([&] { Corpus::open(folder_ / "c.h5"); }, {"c.h5", "HDF5"});
}

TEST_F(CorpusTest, ReadingRefusesTokensThatAreNoGenesAndDamagedObs) {
  const auto with_tokens = [](std::vector<TokenId> values) {
    return [values](hdf5::File& f) { f.dataset("tokens").write_all<TokenId>(values); };
  };
  for (const TokenId token : {0U, 1U, 4U}) {
    Corpus corpus = Corpus::open(damaged(with_tokens({2, 3, token})));
    EXPECT_THAT(read(corpus, 0), ElementsAre(2, 3));
    expect_error<InputError>([&] { read(corpus, 1); }, {"tokens[2]", std::to_string(token), "2 to 3"});
    expect_error<InputError>([&] { corpus.load_tokens(); }, {"tokens[2]"});
    expect_error<Error>([&] { read(corpus, 2); }, {"cell 2 of 2"});
  }
  const Corpus bent = Corpus::open(damaged([](hdf5::File& f) {
    f.dataset("offsets").write_all<std::uint64_t>(std::vector<std::uint64_t>{0, 4, 3});
  }));
  expect_error<InputError>([&] { read(bent, 0); }, {"offsets[1]", "4", "0 to 3"});
  expect_error<InputError>([&] { bent.lengths(); }, {"offsets[1]"});
  const Corpus corpus = Corpus::open(damaged([](hdf5::File& f) {
    f.dataset("obs/type/codes").write_all<std::int8_t>(std::vector<std::int8_t>{0, 2});
  }));
  expect_error<InputError>([&] { corpus.obs("type"); }, {"obs/type", "row 1", "code 2"});
}

}  // namespace
}  // namespace biodta::cells
