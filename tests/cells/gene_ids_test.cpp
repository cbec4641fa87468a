#include "testing.hpp"

#include <biodta/cells/gene_ids.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>

#include <numeric>

namespace biodta::cells {
namespace {

using ::testing::ElementsAre;

TEST(GeneIds, TheCanonicalFormLeavesVersionGenomeAndCopyOut) {
  EXPECT_EQ(canonical_gene_id("ENSG00000136574"), "ENSG00000136574");
  EXPECT_EQ(canonical_gene_id("ENSG00000136574.12"), "ENSG00000136574");
  EXPECT_EQ(canonical_gene_id("ENSG00000182378.15_PAR_Y"), "ENSG00000182378");
  EXPECT_EQ(canonical_gene_id("ENSGR0000182378"), "ENSG00000182378");
  EXPECT_EQ(canonical_gene_id("ENSGR0000182378.9"), "ENSG00000182378");
  EXPECT_EQ(canonical_gene_id("GRCh38_ENSG00000243485"), "ENSG00000243485");
  EXPECT_EQ(canonical_gene_id("mm10___ENSMUSG00000051951.6"), "ENSMUSG00000051951");
  // What is no Ensembl id stays as it is, full stops and all.
  for (const std::string id : {"GATA4", "ENSA", "RP11-34P13.7", "AC012345.1", "7157.2", ""}) {
    EXPECT_EQ(canonical_gene_id(id), id);
  }
}

TEST(GeneIds, BothFormsOfACopyOnYHaveTheOlderId) {
  EXPECT_EQ(old_par_y_id("ENSG00000182378.15_PAR_Y"), "ENSGR0000182378");
  EXPECT_EQ(old_par_y_id("ENSGR0000182378"), "ENSGR0000182378");
  EXPECT_FALSE(old_par_y_id("ENSG00000182378").has_value());
  EXPECT_FALSE(old_par_y_id("X_PAR_Y").has_value());
}

TEST(GeneIds, KindsAreNamedByWhatMostIdsAre) {
  const auto kind = [](std::vector<std::string> ids) { return kind_of_gene_ids(ids); };
  EXPECT_EQ(kind({"ENSG00000136574", "ENSG00000089225.3", "odd"}), "human Ensembl gene ids");
  EXPECT_EQ(kind({"ENSMUSG00000021944", "ENSMUSG00000018263"}), "mouse Ensembl gene ids");
  EXPECT_EQ(kind({"ENSDARG00000040062", "ENSDARG00000024894"}), "Ensembl ids of another species");
  EXPECT_EQ(kind({"ENST00000335135", "ENST00000532059"}), "Ensembl transcript ids");
  EXPECT_EQ(kind({"GATA4", "TBX5", "MT-ND1"}), "gene symbols (human)");
  EXPECT_EQ(kind({"Gata4", "Tbx5", "mt-Nd1"}), "gene symbols of mouse or rat");
  EXPECT_EQ(kind({"1007_s_at", "1053_at"}), "microarray probes");
  EXPECT_EQ(kind({"2626", "6910"}), "Entrez or other numbers");
  EXPECT_EQ(kind({"NM_002052", "NR_024540"}), "RefSeq ids");
  EXPECT_EQ(kind({"gene-1", "Gata4", "2626"}), "");
  EXPECT_EQ(kind({}), "");
}

TEST(GeneIds, MitochondrialGenesAreKnownByIdAndBySymbol) {
  const std::vector<std::string> ids = {"ENSG00000198888", "ENSG00000136574", "GRCh38_ENSG00000198899.2", "x",
                                        "MT-CO1"};
  const std::vector<std::string> symbols = {"", "GATA4", "", "mt-Nd1", ""};
  EXPECT_THAT(find_mitochondrial(ids, symbols), ElementsAre(1, 0, 1, 1, 1));
  EXPECT_THAT(find_mitochondrial(ids, {}), ElementsAre(1, 0, 1, 0, 1));
}

TEST(GeneIds, TheMitochondrialIdsAreThoseOfTheSymbolTable) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("dictionaries/gene_symbols.tsv");
  const support::Table table =
      support::read_table(*biodta::testing::test_data() / "dictionaries/gene_symbols.tsv");
  std::vector<std::string> ids;
  std::vector<std::uint8_t> expected;
  for (const auto& row : table.rows) {
    ids.push_back(row[table.column("ensembl_id")]);
    expected.push_back(row[table.column("symbol")].starts_with("MT-") ? 1 : 0);
  }
  EXPECT_EQ(find_mitochondrial(ids, {}), expected);
  EXPECT_EQ(std::accumulate(expected.begin(), expected.end(), 0), 37);
}

}  // namespace
}  // namespace biodta::cells
