#include "allele.hpp"
#include "replacement.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <functional>
#include <vector>

namespace biodta::genome {
namespace {

using detail::Replacement;
using detail::ReplacementList;
using Fetch = std::function<std::string(std::int64_t, std::int64_t)>;

std::string place_of_edit(const Edit& edit) {
  return "position " + std::to_string(edit.position + 1);
}

void check_ref(const Edit& edit, const Fetch& fetch, std::string_view place) {
  const std::string there = fetch(edit.position, edit.position + static_cast<std::int64_t>(edit.ref.size()));
  if (there == edit.ref) return;
  throw InputError(place, place_of_edit(edit), "REF " + edit.ref + " where the genome has " + there,
                   "variants called on this genome");
}

/// @param fetch  letters of the contig, N outside.
std::string make_window(const Fetch& fetch, std::int64_t tss, std::int64_t length,
                        std::span<const Edit> edits, std::string_view place) {
  std::vector<Replacement> pool;
  ReplacementList list;
  for (const Edit& edit : edits) {
    check_ref(edit, fetch, place);
    auto replacement = detail::replacement_of(edit);
    if (!replacement) continue;
    pool.push_back(*std::move(replacement));
    if (const auto other = list.add(pool, static_cast<std::uint32_t>(pool.size() - 1))) {
      throw InputError(place, place_of_edit(edit),
                       "an edit that overlaps the one at " + place_of_edit(pool[*other].edit),
                       "edits apart from each other");
    }
  }
  const detail::WindowPlan plan = detail::plan_window(pool, list.members(), tss, length);
  return detail::assemble(plan, fetch(plan.first, plan.last), plan.first);
}

}  // namespace

std::string edited_window(const Genome& genome, std::string_view contig, std::int64_t tss,
                          std::int64_t length, std::span<const Edit> edits, std::string_view place) {
  return make_window([&](std::int64_t start, std::int64_t end) { return genome.fetch(contig, start, end); },
                     tss, length, edits, place);
}

std::string edited_window(std::string_view piece, std::int64_t start, std::int64_t tss, std::int64_t length,
                          std::span<const Edit> edits, std::string_view place) {
  const auto fetch = [&](std::int64_t first, std::int64_t last) {
    const detail::WindowPlan plain{{{nullptr, first, last}}, first, last, 0, 0};
    return detail::assemble(plain, piece, start);
  };
  return make_window(fetch, tss, length, edits, place);
}

std::vector<Edit> joined_edits(std::span<const Edit> first, std::span<const Edit> second) {
  std::vector<Replacement> pool;
  ReplacementList list;
  std::vector<Edit> joined;
  for (const auto edits : {first, second}) {
    for (const Edit& edit : edits) {
      auto replacement = detail::replacement_of(edit);
      if (!replacement) continue;
      pool.push_back(*std::move(replacement));
      if (!list.add(pool, static_cast<std::uint32_t>(pool.size() - 1))) joined.push_back(edit);
    }
  }
  std::stable_sort(joined.begin(), joined.end(),
                   [](const Edit& a, const Edit& b) { return a.position < b.position; });
  return joined;
}

}  // namespace biodta::genome
