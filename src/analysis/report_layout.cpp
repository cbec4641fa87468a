#include "report_layout.hpp"

#include "report_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace biodta::analysis {

MethodLook look_of(const Report& report, std::string_view method) {
  constexpr std::array<std::string_view, 6> kColour = {kThisRun,  "#E69F00", "#009E73",
                                                       "#CC79A7", "#56B4E9", "#D55E00"};
  constexpr std::array<MethodLook, 6> kLooks = {{{"", "", "circle", "solid"},
                                                 {"", "/", "diamond", "dash"},
                                                 {"", "x", "square", "dot"},
                                                 {"", "-", "triangle-up", "dashdot"},
                                                 {"", "+", "cross", "longdash"},
                                                 {"", ".", "star", "longdashdot"}}};
  for (std::size_t i = 0; i < report.methods.size(); ++i) {
    if (report.methods[i].name != method) continue;
    MethodLook look = kLooks[(i + i / kColour.size()) % kLooks.size()];
    look.colour = kColour[i % kColour.size()];
    return look;
  }
  return {kPale, "", "circle-open", "dot"};
}

std::string wrapped(std::string_view name) {
  constexpr std::size_t kWidth = 18;
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

Json marker_trace(const MarkerLook& look, Json x, Json y, Json text, std::string_view hover) {
  return {{"type", "scatter"},
          {"mode", "markers"},
          {"name", look.name},
          {"x", std::move(x)},
          {"y", std::move(y)},
          {"text", std::move(text)},
          {"hovertemplate", hover},
          {"marker",
           {{"color", look.colour},
            {"symbol", look.symbol},
            {"size", look.size},
            {"line", {{"color", "#FFFFFF"}, {"width", 1}}}}}};
}

Json vertical_line(double x) {
  return {{"type", "line"},  {"xref", "x"},
          {"x0", x},         {"x1", x},
          {"yref", "paper"}, {"y0", 0},
          {"y1", 1},         {"line", {{"color", kGrey}, {"width", 1.5}, {"dash", "dash"}}}};
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

int height_of_rows(const Json& names, int each) {
  constexpr int kLine = 18;
  int row = each;
  for (const auto& name : names.at("categoryarray")) {
    int lines = 1;
    const auto text = name.get<std::string>();
    for (auto at = text.find("<br>"); at != std::string::npos; at = text.find("<br>", at + 1)) ++lines;
    row = std::max(row, kLine * lines + kLine / 2);
  }
  return 110 + row * static_cast<int>(std::max<std::size_t>(names.at("categoryarray").size(), 2));
}

Json category_axis(Json names) {
  Json result = axis("");
  result.erase("title");
  result["type"] = "category";
  result["autorange"] = "reversed";
  result["showgrid"] = false;
  result["categoryorder"] = "array";
  result["categoryarray"] = std::move(names);
  return result;
}

Json set_axis(const Report& report) {
  Json names = Json::array();
  for (const auto& set : report.sets) names.push_back(wrapped(set.name));
  return category_axis(std::move(names));
}

}  // namespace biodta::analysis
