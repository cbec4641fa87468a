#pragma once
/// @file
/// False discovery rates of entries that hold their P value.

#include <biodta/analysis/statistics.hpp>

#include <cstddef>
#include <functional>
#include <vector>

namespace biodta::analysis {

/// Benjamini-Hochberg over the entries, as benjamini_hochberg does it.
/// @param p     of an entry: a member, or a function of it.
/// @param rate  likewise, what is set: a double that can be assigned to.
template <class Entry, class P, class Rate>
void set_false_discovery_rates(std::vector<Entry>& entries, P p, Rate rate) {
  std::vector<double> p_values;
  p_values.reserve(entries.size());
  for (Entry& entry : entries) p_values.push_back(std::invoke(p, entry));
  const auto adjusted = benjamini_hochberg(p_values);
  for (std::size_t i = 0; i < entries.size(); ++i) std::invoke(rate, entries[i]) = adjusted[i];
}

}  // namespace biodta::analysis
