#pragma once
/// @file
/// The page that shows a report: one file, no network.

#include "report_figures.hpp"

#include <biodta/analysis/report.hpp>

#include <span>
#include <string>

namespace biodta::analysis {

/// The whole page. Every text that comes from a file is escaped; a content security policy forbids every
/// request.
std::string report_page(const Report& report, std::span<const Figure> figures);

}  // namespace biodta::analysis
