#include "views.hpp"

#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cstdlib>

namespace biodta::enformer {

std::vector<View> views_of(const SequenceEmbedderOptions& options) {
  auto shifts = options.shifts;
  if (shifts.empty()) shifts.push_back(0);
  std::vector<View> views;
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    if (std::find(shifts.begin(), shifts.begin() + static_cast<std::ptrdiff_t>(i), shifts[i]) !=
        shifts.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw ConfigError("shifts: " + std::to_string(shifts[i]) + " stands twice, expected each once");
    }
    views.push_back({shifts[i], false});
    if (options.reverse_complement) views.push_back({shifts[i], true});
  }
  return views;
}

std::int64_t margin_of(const std::vector<View>& views) {
  std::int64_t margin = 0;
  for (const auto& view : views) margin = std::max(margin, std::abs(view.shift));
  return margin;
}

std::string look(const std::string& input, const View& view, std::int64_t margin) {
  const auto start = static_cast<std::size_t>(margin + view.shift);
  auto window = input.substr(start, input.size() - static_cast<std::size_t>(2 * margin));
  return view.is_reversed ? genome::reverse_complement(window) : window;
}

}  // namespace biodta::enformer
