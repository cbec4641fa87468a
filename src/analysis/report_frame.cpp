#include "report_frame.hpp"

#include "report_format.hpp"
#include "report_layout.hpp"

extern "C" {
extern const char biodta_plotly_js_begin[];
extern const char biodta_plotly_js_end[];
extern const char biodta_report_css_begin[];
extern const char biodta_report_css_end[];
extern const char biodta_report_js_begin[];
extern const char biodta_report_js_end[];
}

namespace biodta::analysis {

std::string figure_html(const Figure& figure) {
  const auto height = figure.plotly.at("layout").at("height").get<int>();
  return "<figure><h3>" + html_escape(figure.title) + "</h3>\n<div data-figure=\"figure-" + figure.name +
         "\" style=\"min-height:" + std::to_string(height) + "px\"></div>\n<figcaption>" +
         html_escape(figure.caption) + "</figcaption>\n<script type=\"application/json\" id=\"figure-" +
         figure.name + "\">" + embedded_json(figure.plotly) + "</script></figure>\n";
}

std::string page_head(const std::string& title) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
         "'unsafe-inline'; "
         "style-src 'unsafe-inline'; img-src data: blob:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>" +
         title + "</title>\n<style>" + std::string(biodta_report_css_begin, biodta_report_css_end) +
         "</style>\n</head>\n";
}

std::string page_end() {
  std::string end = "</main>\n<script>";
  end.append(biodta_plotly_js_begin, biodta_plotly_js_end);
  end += "</script>\n<script>";
  end.append(biodta_report_js_begin, biodta_report_js_end);
  return end + "</script>\n</body>\n</html>\n";
}

}  // namespace biodta::analysis
