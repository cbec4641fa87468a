#pragma once
/// @file
/// What the report's figures look like: their colours, axes and layouts, as Plotly JSON.

#include <biodta/analysis/report.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace biodta::analysis {

using Json = nlohmann::ordered_json;

/// Of gene sets, in turn: Okabe & Ito 2008; yellow last, since it is faint on white.
inline constexpr std::array<std::string_view, 7> kColours = {"#D55E00", "#0072B2", "#009E73", "#CC79A7",
                                                             "#56B4E9", "#E69F00", "#F0E442"};
inline constexpr std::string_view kGrey = "#8A8A8A";
inline constexpr std::string_view kPale = "#C4C4C4";
inline constexpr std::string_view kBlack = "#1F2328";
inline constexpr std::string_view kThisRun = "#0072B2";
inline constexpr std::string_view kChosen = "#D55E00";

/// How a method looks in every figure: colours alone do not tell them apart.
struct MethodLook {
  std::string_view colour;
  std::string_view pattern;  ///< of bars
  std::string_view symbol;   ///< of points
  std::string_view dash;     ///< of lines
};
/// Of up to 36 methods, no two look alike.
MethodLook look_of(const Report& report, std::string_view method);

/// A name as HTML, broken at blanks where it is long, so that labels leave room for the figure.
std::string wrapped(std::string_view name);
/// As text inside a script element, where "</script" and "<!--" must not appear.
std::string embedded_json(const Json& json);
Json axis(std::string_view title);
/// How a trace of points is called and looks.
struct MarkerLook {
  std::string name;  ///< HTML
  std::string colour;
  std::string symbol;
  int size;
};
Json marker_trace(const MarkerLook& look, Json x, Json y, Json text, std::string_view hover);
/// From bottom to top of a figure, dashed.
Json vertical_line(double x);
/// @param height  of the figure, pixels
Json base_layout(Json x, Json y, int height);
/// Pixels of a horizontal figure, a row a name of its category_axis. @param each  of a row at least; more
/// where names have many lines
int height_of_rows(const Json& names, int each);
/// Sets in the order in which a horizontal figure stacks them: the first on top.
Json set_axis(const Report& report);
/// Names one below the other, the first above.
Json category_axis(Json names);

}  // namespace biodta::analysis
