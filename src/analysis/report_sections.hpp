#pragma once
/// @file
/// The parts of the page that are made of words and tables.

#include <biodta/analysis/report.hpp>

#include <string>

namespace biodta::analysis {

std::string notes_html(const Report& report);
/// What was done, in sentences.
std::string summary_html(const Report& report);
std::string gene_sets_html(const Report& report);
/// All methods beside each other; empty where there is but one.
std::string methods_html(const Report& report);
std::string controls_html(const Report& report);
std::string precision_recall_html(const Report& report);
std::string provenance_html(const Report& report);

}  // namespace biodta::analysis
