#include "progress_text.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>

namespace biodta::support {
namespace {

constexpr auto kWindow = std::chrono::seconds(60);
constexpr auto kSampleEvery = std::chrono::seconds(1);

std::string rate_text(double per_second) {
  if (per_second >= 10.0) return with_thousands(static_cast<std::uint64_t>(std::llround(per_second)));
  // Below ten, one or two figures after the point tell more.
  const int figures = per_second >= 1.0 ? 1 : 2;
  std::string text = std::to_string(per_second);
  return text.substr(0, text.find('.') + 1 + static_cast<std::size_t>(figures));
}

std::string percent_text(const ProgressFigures& figures) {
  return std::to_string(std::min<std::uint64_t>(100, figures.done * 100 / figures.total)) + "%";
}

double seconds_left(const ProgressFigures& figures) {
  const std::uint64_t left = figures.total - std::min(figures.done, figures.total);
  return static_cast<double>(left) / figures.per_second;
}

/// Cuts UTF-8 text to `columns` characters.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts_character && characters++ == columns) return text.substr(0, i);
  }
  return text;
}

std::size_t character_count(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

ProgressRate::ProgressRate(ProgressClock::time_point start) {
  samples_.push_back({start, 0});
}

void ProgressRate::add(ProgressClock::time_point now, std::uint64_t done) {
  // What a resumed stage reports at once was done in an earlier run.
  if (!started_ && now - samples_.front().at < kSampleEvery) samples_.front() = {now, done};
  started_ = true;
  // The last sample is always the newest; the ones before it keep their distance.
  if (samples_.size() > 1 && samples_.back().at - samples_[samples_.size() - 2].at < kSampleEvery)
    samples_.pop_back();
  samples_.push_back({now, done});
  while (samples_.size() > 2 && now - samples_[1].at >= kWindow) samples_.pop_front();
}

double ProgressRate::per_second() const {
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  const double seconds = std::chrono::duration<double>(last.at - first.at).count();
  if (seconds <= 0.0 || last.done <= first.done) return 0.0;
  return static_cast<double>(last.done - first.done) / seconds;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, std::round(seconds)));
  const auto two = [](std::uint64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  const std::uint64_t hours = whole / 3600;
  const std::uint64_t minutes = whole / 60 % 60;
  if (hours == 0) return std::to_string(minutes) + ":" + two(whole % 60);
  return std::to_string(hours) + ":" + two(minutes) + ":" + two(whole % 60);
}

std::string progress_line(const ProgressFigures& figures) {
  std::string text = figures.stage + ": " + with_thousands(figures.done);
  if (figures.total > 0) text += " of " + with_thousands(figures.total);
  text += " " + figures.unit;
  if (figures.total > 0) text += " (" + percent_text(figures) + ")";
  if (figures.per_second > 0.0) {
    text += ", " + rate_text(figures.per_second) + " " + figures.unit + "/s";
    if (figures.total > 0) text += ", " + clock_text(seconds_left(figures)) + " left";
  }
  if (!figures.note.empty()) text += ", " + figures.note;
  return text;
}

std::string progress_bar(const ProgressFigures& figures, std::size_t columns) {
  constexpr std::size_t kLongestBar = 40;
  constexpr std::size_t kShortestBar = 6;
  std::string after = " " + with_thousands(figures.done);
  if (figures.total > 0) after = " " + percent_text(figures) + after + "/" + with_thousands(figures.total);
  after += " " + figures.unit;
  if (figures.per_second > 0.0) {
    after += ", " + rate_text(figures.per_second) + "/s";
    if (figures.total > 0) after += ", " + clock_text(seconds_left(figures)) + " left";
  } else {
    after += ", " + clock_text(figures.seconds);
  }
  if (!figures.note.empty()) after += ", " + figures.note;

  const std::size_t room = columns > 0 ? columns - 1 : 0;
  const std::size_t text =
      character_count(figures.stage) + character_count(after) + 3;  // a space and two brackets
  std::string bar;
  if (figures.total > 0 && room >= text + kShortestBar) {
    const std::size_t width = std::min(kLongestBar, room - text);
    const double share =
        std::min(1.0, static_cast<double>(figures.done) / static_cast<double>(figures.total));
    const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
    bar = " [" + std::string(full, '=') + std::string(width - full, ' ') + "]";
  }
  return cut(figures.stage + bar + after, room);
}

std::string progress_end(const ProgressFigures& figures) {
  const bool stopped = figures.total > 0 && figures.done < figures.total;
  std::string text = figures.stage + ": ";
  if (stopped) text += "stopped after ";
  text += with_thousands(figures.done);
  if (stopped) text += " of " + with_thousands(figures.total);
  text += " " + figures.unit + " in " + clock_text(figures.seconds);
  if (figures.per_second > 0.0) text += " (" + rate_text(figures.per_second) + " " + figures.unit + "/s)";
  if (!figures.note.empty()) text += ", " + figures.note;
  return text;
}

}  // namespace biodta::support
