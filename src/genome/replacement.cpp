#include "replacement.hpp"

#include <algorithm>

namespace biodta::genome::detail {
namespace {

using Piece = WindowPlan::Piece;

bool overlap(const Replacement& a, const Replacement& b) {
  const bool a_inserts = a.start == a.end;
  const bool b_inserts = b.start == b.end;
  if (a_inserts && b_inserts) return a.start == b.start;
  if (a_inserts) return b.start < a.start && a.start < b.end;
  if (b_inserts) return a.start < b.start && b.start < a.end;
  return std::max(a.start, b.start) < std::min(a.end, b.end);
}

/// Makes a plan: first finds what stands at the TSS, then fills both sides.
class Walk {
 public:
  Walk(std::span<const Replacement> pool, std::span<const std::uint32_t> members)
      : pool_(pool), members_(members) {}

  WindowPlan plan(std::int64_t tss, std::int64_t length) {
    find_anchor(tss);
    WindowPlan made;
    std::vector<Piece> left;
    fill_left(length / 2, left, made);
    made.pieces.assign(left.rbegin(), left.rend());
    fill_right(length - length / 2, made);
    return made;
  }

 private:
  const Replacement& member(std::size_t i) const { return pool_[members_[i]]; }

  /// The first base from `tss` on that is kept or replaced: a contig position, or a place in a replacement.
  void find_anchor(std::int64_t tss) {
    position_ = tss;
    const auto ends_before = [this](std::uint32_t index) { return pool_[index].end <= position_; };
    while (true) {
      next_ = static_cast<std::size_t>(std::partition_point(members_.begin(), members_.end(), ends_before) -
                                       members_.begin());
      if (next_ == members_.size() || member(next_).start > position_) return;
      offset_ = position_ - member(next_).start;
      split_ = offset_ < static_cast<std::int64_t>(member(next_).size);
      if (split_) return;
      position_ = member(next_).end;
    }
  }

  void fill_left(std::int64_t wanted, std::vector<Piece>& pieces, WindowPlan& made) const {
    std::int64_t at = split_ ? member(next_).start : position_;
    std::size_t before = next_;
    const auto take = [&](const Replacement* from, std::int64_t first, std::int64_t last) {
      first = std::max(first, last - wanted);
      wanted -= last - first;
      if (first < last) pieces.push_back({from, first, last});
      return first;
    };
    if (split_) take(&member(next_), 0, offset_);
    while (wanted > 0 && before > 0) {
      const Replacement& nearest = member(before - 1);
      at = take(nullptr, nearest.end, at);
      if (wanted == 0) break;
      --before;
      const bool whole = take(&nearest, 0, static_cast<std::int64_t>(nearest.size)) == 0;
      if (whole) at = nearest.start;
    }
    made.first = wanted > 0 ? take(nullptr, at - wanted, at) : at;
    made.first_used = before;
  }

  void fill_right(std::int64_t wanted, WindowPlan& made) const {
    std::int64_t at = position_;
    std::size_t after = next_;
    const auto take = [&](const Replacement* from, std::int64_t first, std::int64_t last) {
      last = std::min(last, first + wanted);
      wanted -= last - first;
      if (first < last) made.pieces.push_back({from, first, last});
      return last;
    };
    if (split_) {
      const Replacement& covering = member(after++);
      take(&covering, offset_, static_cast<std::int64_t>(covering.size));
      at = covering.end;
    }
    while (wanted > 0 && after < members_.size()) {
      const Replacement& nearest = member(after);
      at = take(nullptr, at, nearest.start);
      if (wanted == 0) break;
      ++after;
      const auto size = static_cast<std::int64_t>(nearest.size);
      if (take(&nearest, 0, size) == size) at = nearest.end;
    }
    made.last = wanted > 0 ? take(nullptr, at, at + wanted) : at;
    made.last_used = after;
  }

  std::span<const Replacement> pool_;
  std::span<const std::uint32_t> members_;
  std::int64_t position_ = 0;
  std::size_t next_ = 0;     ///< first member right of the anchor, or the one that it stands in
  bool split_ = false;       ///< whether it stands in one
  std::int64_t offset_ = 0;  ///< where in it
};

}  // namespace

std::optional<Replacement> replacement_of(Edit edit) {
  std::size_t ref = edit.ref.size();
  std::size_t alt = edit.alt.size();
  std::size_t head = 0;
  const auto trim_tail = [&](std::size_t least) {
    while (ref > head + least && alt > head + least && edit.ref[ref - 1] == edit.alt[alt - 1]) --ref, --alt;
  };
  trim_tail(1);
  while (head < ref && head < alt && edit.ref[head] == edit.alt[head]) ++head;
  trim_tail(0);
  if (head == ref && head == alt) return std::nullopt;
  const auto start = edit.position + static_cast<std::int64_t>(head);
  const auto end = edit.position + static_cast<std::int64_t>(ref);
  return Replacement{std::move(edit), start, end, head, alt - head};
}

std::optional<std::uint32_t> ReplacementList::add(std::span<const Replacement> pool, std::uint32_t index) {
  const auto by_place = [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(pool[a].start, pool[a].end) < std::pair(pool[b].start, pool[b].end);
  };
  const auto after = std::lower_bound(members_.begin(), members_.end(), index, by_place);
  // Members do not overlap, so that whoever overlaps any of them overlaps a neighbour.
  if (after != members_.end() && overlap(pool[*after], pool[index])) return *after;
  if (after != members_.begin() && overlap(pool[*(after - 1)], pool[index])) return *(after - 1);
  members_.insert(after, index);
  return std::nullopt;
}

WindowPlan plan_window(std::span<const Replacement> pool, std::span<const std::uint32_t> members,
                       std::int64_t tss, std::int64_t length) {
  return Walk(pool, members).plan(tss, length);
}

std::string assemble(const WindowPlan& plan, std::string_view contig, std::int64_t start) {
  const std::int64_t end = start + static_cast<std::int64_t>(contig.size());
  std::string window;
  for (const Piece& piece : plan.pieces) {
    if (piece.replacement != nullptr) {
      window += piece.replacement->inserted().substr(static_cast<std::size_t>(piece.first),
                                                     static_cast<std::size_t>(piece.last - piece.first));
      continue;
    }
    const std::int64_t size = piece.last - piece.first;
    const std::int64_t before = std::clamp<std::int64_t>(start - piece.first, 0, size);
    const std::int64_t behind = std::clamp<std::int64_t>(piece.last - end, 0, size);
    window.append(static_cast<std::size_t>(before), 'N');
    if (before + behind < size) {
      window.append(contig.substr(static_cast<std::size_t>(piece.first + before - start),
                                  static_cast<std::size_t>(size - before - behind)));
    }
    window.append(static_cast<std::size_t>(behind), 'N');
  }
  return window;
}

}  // namespace biodta::genome::detail
