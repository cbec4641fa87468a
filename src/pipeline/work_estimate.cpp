#include "work_estimate.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace biodta::pipeline {
namespace {

constexpr double kEnoughSeconds = 10.0;

/// "950", "21,300", "2.1 million", "4.2 billion".
std::string large_number(std::uint64_t value) {
  constexpr std::uint64_t kMillion = 1'000'000;
  constexpr std::uint64_t kBillion = 1'000'000'000;
  if (value < kMillion) return support::with_thousands(value);
  const bool billions = value >= kBillion;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s",
                static_cast<double>(value) / static_cast<double>(billions ? kBillion : kMillion),
                billions ? "billion" : "million");
  return text.data();
}

}  // namespace

std::string amount_text(const WorkAmount& amount) {
  return support::counted(amount.cells, "cell") + ", " + large_number(amount.perturbed) +
         " perturbed cells, " + large_number(amount.tokens) + " tokens";
}

std::string duration_text(double seconds) {
  const auto whole = [](double value) { return std::to_string(static_cast<std::uint64_t>(value)); };
  if (seconds < 1.0) return "less than 1 s";
  if (seconds < 90.0) return "about " + whole(std::round(seconds)) + " s";
  const double minutes = std::round(seconds / 60.0);
  if (minutes < 60.0) return "about " + whole(minutes) + " min";
  const double hours = std::floor(minutes / 60.0);
  if (hours < 48.0) return "about " + whole(hours) + " h " + whole(minutes - 60.0 * hours) + " min";
  const double all_hours = std::round(seconds / 3600.0);
  const double days = std::floor(all_hours / 24.0);
  return "about " + whole(days) + " days " + whole(all_hours - 24.0 * days) + " h";
}

WorkEstimate::WorkEstimate(support::Reporter& reporter, const WorkAmount& amount)
    : reporter_(reporter), amount_(amount) {}

void WorkEstimate::begin_part(support::Progress& progress, std::uint64_t done) {
  progress_ = &progress;
  base_ = done;
  if (std::exchange(begun_, true)) return;
  start_ = first_ = last_ = {Clock::now(), done};
}

void WorkEstimate::update(std::uint64_t done, std::string_view note) {
  last_ = {Clock::now(), base_ + done};
  if (batches_++ == 0) first_ = last_;
  if (std::chrono::duration<double>(last_.at - start_.at).count() > kEnoughSeconds) tell();
  progress_->update(base_ + done, note);
}

void WorkEstimate::tell() {
  if (told_ || batches_ == 0) return;
  told_ = true;
  const Sample& from = batches_ > 1 && last_.tokens > first_.tokens ? first_ : start_;
  const double seconds = std::chrono::duration<double>(last_.at - from.at).count();
  const auto tokens = static_cast<double>(last_.tokens - from.tokens);
  if (tokens <= 0.0) return;
  reporter_.info(amount_text(amount_) + "; " +
                 duration_text(seconds / tokens * static_cast<double>(amount_.tokens)) + " at this speed");
}

}  // namespace biodta::pipeline
