#include "window_haplotypes.hpp"

#include <utility>

namespace biodta::genome {

WindowHaplotypes::WindowHaplotypes(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {
  for (std::size_t i = 0; i < implementation_->haplotypes.size(); ++i) {
    if (implementation_->of[i] != 0) implementation_->differing.insert(implementation_->haplotypes[i].sample);
  }
}
WindowHaplotypes::WindowHaplotypes(WindowHaplotypes&&) noexcept = default;
WindowHaplotypes& WindowHaplotypes::operator=(WindowHaplotypes&&) noexcept = default;
WindowHaplotypes::~WindowHaplotypes() = default;

std::size_t WindowHaplotypes::distinct() const noexcept {
  return implementation_->distinct.size();
}

std::string WindowHaplotypes::sequence(std::size_t distinct) const {
  const Implementation& own = *implementation_;
  const detail::WindowPlan plan =
      detail::plan_window(own.pool, own.distinct.at(distinct), own.tss, own.length);
  return detail::assemble(plan, own.letters, own.start);
}

std::vector<Edit> WindowHaplotypes::edits(std::size_t distinct) const {
  std::vector<Edit> edits;
  for (const std::uint32_t member : implementation_->distinct.at(distinct))
    edits.push_back(implementation_->pool[member].edit);
  return edits;
}

std::size_t WindowHaplotypes::of(std::size_t i) const noexcept {
  return implementation_->of[i];
}

bool WindowHaplotypes::differs(std::size_t sample) const noexcept {
  return implementation_->differing.contains(sample);
}

}  // namespace biodta::genome
