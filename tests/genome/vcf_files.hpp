#pragma once
/// @file
/// VCF text, and the same records in other containers, made by htslib.

#include <biodta/support/atomic_file.hpp>

#include <gtest/gtest.h>
#include <htslib/bgzf.h>
#include <htslib/tbx.h>
#include <htslib/vcf.h>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::genome::testing_files {

/// Header lines up to the columns, with END and SVLEN declared as in VCF 4.3.
inline std::string vcf_header(const std::vector<std::string>& samples, const std::string& contig = "c1",
                              const std::string& version = "4.3") {
  std::string text = "##fileformat=VCFv" + version + "\n##contig=<ID=" + contig +
                     ",length=100000>\n"
                     "##INFO=<ID=END,Number=1,Type=Integer,Description=\"End\">\n"
                     "##INFO=<ID=SVLEN,Number=A,Type=Integer,Description=\"Length\">\n"
                     "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n"
                     "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
  if (!samples.empty()) text += "\tFORMAT";
  for (const std::string& sample : samples) text += '\t' + sample;
  return text + '\n';
}

/// One line; `position` is 1-based.
inline std::string vcf_line(std::int64_t position, const std::string& ref, const std::string& alt,
                            const std::vector<std::string>& genotypes, const std::string& info = ".",
                            const std::string& id = ".", const std::string& contig = "c1") {
  std::string text =
      contig + '\t' + std::to_string(position) + '\t' + id + '\t' + ref + '\t' + alt + "\t.\t.\t" + info;
  if (!genotypes.empty()) text += "\tGT";
  for (const std::string& genotype : genotypes) text += '\t' + genotype;
  return text + '\n';
}

/// Writes v.vcf, v.vcf.gz with .tbi, and v.bcf with .csi into a folder; returns their paths.
inline std::vector<std::filesystem::path> vcf_in_every_form(const std::filesystem::path& folder,
                                                            const std::string& text) {
  const auto plain = folder / "v.vcf";
  const auto packed = folder / "v.vcf.gz";
  const auto binary = folder / "v.bcf";
  support::write_text_file(plain, text);
  BGZF* out = bgzf_open(packed.c_str(), "w");
  EXPECT_EQ(bgzf_write(out, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(bgzf_close(out), 0);
  EXPECT_EQ(tbx_index_build(packed.c_str(), 0, &tbx_conf_vcf), 0);
  htsFile* in = hts_open(plain.c_str(), "r");
  htsFile* bcf = hts_open(binary.c_str(), "wb");
  bcf_hdr_t* header = bcf_hdr_read(in);
  EXPECT_EQ(bcf_hdr_write(bcf, header), 0);
  bcf1_t* one = bcf_init();
  while (bcf_read(in, header, one) == 0) EXPECT_EQ(bcf_write(bcf, header, one), 0);
  bcf_destroy(one);
  bcf_hdr_destroy(header);
  hts_close(in);
  EXPECT_EQ(hts_close(bcf), 0);
  EXPECT_EQ(bcf_index_build(binary.c_str(), 14), 0);
  return {plain, packed, binary};
}

}  // namespace biodta::genome::testing_files
