#pragma once
/// @file
/// What every page has around its contents: styles and scripts within, no file beside it, no network.

#include "report_figures.hpp"

#include <string>

namespace biodta::analysis {

/// All before <body>; a content security policy forbids every request. @param title  HTML.
std::string page_head(const std::string& title);
/// A figure with its caption, drawn by the page's script.
std::string figure_html(const Figure& figure);
/// From the end of <main> on.
std::string page_end();

}  // namespace biodta::analysis
