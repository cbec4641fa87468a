#include "pipeline/run_bank.hpp"

#include "testing.hpp"

#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::pipeline {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

embedding::EmbeddingBank one_gene(embedding::Provenance provenance) {
  return {{"ENSG1"}, {"A"}, 1, 2, {1, 2}, std::move(provenance)};
}

TEST(RunBank, IsNoneWhereNoFileIsNamed) {
  EXPECT_FALSE(read_bank({}, {}));
  EXPECT_FALSE(read_bank({""}, {""}));
  EXPECT_TRUE(name_of_bank({""}).empty());
}

TEST(RunBank, IsOneOfSeveralFiles) {
  const TemporaryFolder folder;
  one_gene({}).write(folder / "a.h5");
  embedding::EmbeddingBank({"ENSG2"}, {"B"}, 1, 2, {3, 4}).write(folder / "b.h5");
  const auto bank = read_bank({folder / "a.h5", folder / "b.h5"}, {});
  EXPECT_THAT(bank.value().gene_ids(), ::testing::ElementsAre("ENSG1", "ENSG2"));
  EXPECT_EQ(name_of_bank({"a.h5", "b.h5"}), "a.h5, b.h5");
}

TEST(RunBank, JoinsOtherKindsOverTheGenesOfAll) {
  const TemporaryFolder folder;
  one_gene({}).write(folder / "dna.h5");
  embedding::EmbeddingBank({"ENSG2", "ENSG1"}, {"B", "A"}, 1, 1, {7, 8}).write(folder / "protein.h5");
  embedding::EmbeddingBank({"ENSG2"}, {"B"}, 1, 1, {7}).write(folder / "other.h5");
  const auto bank = read_bank({folder / "dna.h5"}, {folder / "protein.h5"}).value();
  EXPECT_THAT(bank.row(0), ::testing::ElementsAre(1, 2, 8));
  EXPECT_THAT(parts_of(bank), ::testing::ElementsAre(2, 1));
  expect_error<ConfigError>([&] { read_bank({}, {folder / "protein.h5"}); }, {"further_embeddings"});
  expect_error<InputError>([&] { read_bank({folder / "dna.h5"}, {folder / "other.h5"}); },
                           {"dna.h5, ", "other.h5: gene_id: found no gene that all of them have"});
}

TEST(RunBank, MustBeMadeAsTheModelsWas) {
  model::ModelConfig config;
  config.row_size = 2;
  config.row_origin = {{"model_checksum", "crc32:1"}, {"readout", "mean"}};
  require_bank_of(config, "run", one_gene({{"model_checksum", "crc32:1"}, {"variants", "donors.vcf"}}),
                  {"a.h5"});
  require_bank_of(config, "run", one_gene({}), {"a.h5"});
  expect_error<InputError>(
      [&] {
        require_bank_of(config, "run", one_gene({{"model_checksum", "crc32:2"}}), {"a.h5", "b.h5"});
      },
      {"a.h5, b.h5: model_checksum: found crc32:2, expected crc32:1, as of the rows that run was trained "
       "on"});
  config.row_parts = {1, 1};
  expect_error<InputError>([&] { require_bank_of(config, "run", one_gene({}), {"a.h5"}); },
                           {"rows: found parts of 2 values, expected 1 + 1, as run reads them"});
  config.row_size = 3;
  expect_error<InputError>([&] { require_bank_of(config, "run", one_gene({}), {"a.h5"}); },
                           {"rows: found 2 values, expected the 3 that the adapter of run reads"});
}

}  // namespace
}  // namespace biodta::pipeline
