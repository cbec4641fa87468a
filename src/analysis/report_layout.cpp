#include "report_layout.hpp"

#include "report_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace biodta::analysis {

MethodLook look_of(const Report& report, std::string_view method) {
  constexpr std::array<MethodLook, 6> kLooks = {{{kThisRun, "", "circle"},
                                                 {"#E69F00", "/", "diamond"},
                                                 {"#009E73", "x", "square"},
                                                 {"#CC79A7", "-", "triangle-up"},
                                                 {"#56B4E9", "+", "cross"},
                                                 {"#D55E00", ".", "star"}}};
  for (std::size_t i = 0; i < report.methods.size(); ++i)
    if (report.methods[i].name == method) return kLooks[i % kLooks.size()];
  return {kPale, "", "circle-open"};
}

std::string wrapped(std::string_view name) {
  constexpr std::size_t kWidth = 26;
  std::string lines;
  std::size_t used = 0;
  for (std::size_t at = 0; at < name.size();) {
    std::size_t end = name.find(' ', at);
    if (end == std::string_view::npos) end = name.size();
    const std::string word = html_escape(name.substr(at, end - at));
    if (used > 0 && used + 1 + (end - at) > kWidth) {
      lines += "<br>";
      used = 0;
    } else if (used > 0) {
      lines += ' ';
      ++used;
    }
    lines += word;
    used += end - at;
    at = end + 1;
  }
  return lines;
}

std::string embedded_json(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

Json axis(std::string_view title) {
  return {{"title", {{"text", title}, {"standoff", 10}}},
          {"automargin", true},
          {"gridcolor", "#E6E6E6"},
          {"linecolor", kGrey},
          {"ticks", "outside"},
          {"tickcolor", kGrey},
          {"zeroline", false},
          {"showline", true}};
}

Json base_layout(Json x, Json y, int height) {
  return {
      {"xaxis", std::move(x)},
      {"yaxis", std::move(y)},
      {"height", height},
      {"autosize", true},
      {"margin", {{"l", 56}, {"r", 44}, {"t", 16}, {"b", 48}}},
      {"modebar", {{"orientation", "v"}}},
      {"font",
       {{"family", "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"},
        {"size", 13},
        {"color", kBlack}}},
      {"paper_bgcolor", "#FFFFFF"},
      {"plot_bgcolor", "#FFFFFF"},
      {"hovermode", "closest"},
      {"legend", {{"orientation", "h"}, {"x", 0}, {"y", 1.02}, {"xanchor", "left"}, {"yanchor", "bottom"}}}};
}

int height_of_rows(std::size_t rows, int each) {
  return 110 + each * static_cast<int>(std::max<std::size_t>(rows, 2));
}

Json set_axis(const Report& report) {
  Json result = axis("");
  result.erase("title");
  result["type"] = "category";
  result["autorange"] = "reversed";
  result["showgrid"] = false;
  Json names = Json::array();
  for (const auto& set : report.sets) names.push_back(wrapped(set.name));
  result["categoryorder"] = "array";
  result["categoryarray"] = std::move(names);
  return result;
}

}  // namespace biodta::analysis
