// An annotation out of one input: a byte of choices, then the file.
#include "fuzz/fuzz_folder.hpp"

#include <biodta/genome/annotation.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>

namespace {

/// What annotation.hpp promises of a gene.
void check_gene(const biodta::genome::Gene& gene) {
  using biodta::fuzz::require;
  require(!gene.id.empty() && !gene.symbol.empty(), "a gene has an id and a symbol");
  require(gene.strand == '+' || gene.strand == '-', "a gene has a strand");
  require(!gene.starts.empty() && gene.tss == gene.starts.front().position && gene.tss >= 0,
          "the first start is the TSS");
  const auto out_of_order = [&](const auto& a, const auto& b) {
    return gene.strand == '+' ? a.position >= b.position : a.position <= b.position;
  };
  require(std::adjacent_find(gene.starts.begin(), gene.starts.end(), out_of_order) == gene.starts.end(),
          "starts are distinct and go in the direction of transcription");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace biodta;
  static const fuzz::FuzzFolder folder;
  if (size == 0) return 0;
  const unsigned choices = data[0];
  const char* const kinds[] = {".gtf", ".gff3", ".bed", ".gff"};
  const bool packed = (choices & 16U) != 0;
  const auto file = folder.write(std::string("a") + kinds[choices & 3U] + (packed ? ".gz" : ""),
                                 {reinterpret_cast<const char*>(data) + 1, size - 1}, packed);
  genome::AnnotationOptions options;
  options.tss = static_cast<genome::TssPolicy>((choices >> 2U & 3U) % 3U);
  if ((choices & 32U) != 0) options.biotypes.clear();
  try {
    const auto genes = genome::read_annotation(file, options);
    fuzz::require(!genes.empty(), "there are genes, or an error");
    for (const auto& gene : genes) check_gene(gene);
  } catch (const Error&) {  // files that are refused
  }
  return 0;
}
