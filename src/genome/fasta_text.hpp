#pragma once
/// @file
/// The lines of a FASTA file, checked where they stand. Internal to the room.

#include <biodta/support/tsv.hpp>

#include <string>
#include <string_view>

namespace biodta::genome::detail {

/// `>name description`.
struct FastaHeader {
  std::string name;
  std::string description;
};
/// Throws InputError on a header without a name.
FastaHeader parse_fasta_header(std::string_view line, const support::LineReader& at);

/// Throws InputError unless `line` is of IUPAC's letters for nucleotides, X, `*`, `-` and `.` only.
void check_sequence_line(std::string_view line, const support::LineReader& at);

/// Throws InputError for a sequence before the first header.
[[noreturn]] void refuse_headless(std::string_view line, const support::LineReader& at);

}  // namespace biodta::genome::detail
