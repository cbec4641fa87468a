// The quickstart's line as typed, with its configurations, on a world made small.
#include "pipeline/program.hpp"
#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace biodta {
namespace {

namespace fs = std::filesystem;

/// All stages that make a model, in one folder.
class Line {
 public:
  Line() {
    const auto configs = fs::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "configs/quickstart";
    for (const char* name : {"enformer.yaml", "pretrain.yaml", "mutagenesis.yaml"}) {
      fs::copy_file(configs / name, folder_ / name);
    }
    run("biodta-simulate",
        "--output world --seed 5 --cells 150 --set loci.count=70 --set network.housekeeping=30");
  }

  void run(const std::string& program, const std::string& arguments) const {
    const auto result = testing::run_program(program, arguments + " --quiet", folder_.path());
    ASSERT_EQ(result.exit_code, 0) << program << ": " << result.errors;
  }
  void train() const {
    run("biodta-tokenize", "world/cells.h5ad --estimate-medians --output corpus.h5");
    run("biodta-train-enformer", "--config enformer.yaml --set training.epochs=1");
    run("biodta-embed",
        "--genome world/genome.fa --annotation world/genes.gtf --weights enformer --output embeddings.h5");
    run("biodta-train", "--config pretrain.yaml --set training.max_steps=4");
  }
  std::string model() const { return support::read_text_file(folder_ / "run/model/model.safetensors"); }
  fs::path operator/(const fs::path& name) const { return folder_ / name; }

 private:
  testing::TemporaryFolder folder_;
};

TEST(Line, NoTruthReachesTraining) {
  const Line knows;
  const Line ignorant;
  for (const char* truth : {"gene_sets.tsv", "truth.tsv", "world.yaml", "README.md"}) {
    ASSERT_TRUE(fs::remove(ignorant / "world" / truth)) << truth;
  }
  knows.train();
  ignorant.train();
  ASSERT_GT(knows.model().size(), 100'000U);
  EXPECT_TRUE(knows.model() == ignorant.model());

  // Evaluation is what asks for it.
  knows.run("biodta-mutagenesis", "--gene GATA4 --set baselines=[] --set evaluation.min_cells=1");
  const auto refused = testing::run_program(
      "biodta-mutagenesis", "--gene GATA4 --set baselines=[] --set evaluation.min_cells=1 --quiet",
      (ignorant / ""));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.errors.find("world/gene_sets.tsv"), std::string::npos) << refused.errors;
}

}  // namespace
}  // namespace biodta
