#pragma once
/// @file
/// Edits without what they do not change, and windows made from them. Internal to the room.

#include <biodta/genome/variants.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::genome::detail {

/// An edit and what it really changes: [start, end) of the contig becomes inserted(). Empty ranges insert
/// before `start`.
struct Replacement {
  Edit edit;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::size_t skipped = 0;  ///< letters of alt before the inserted ones
  std::size_t size = 0;     ///< letters inserted

  std::string_view inserted() const { return std::string_view(edit.alt).substr(skipped, size); }
};
/// Takes shared bases off both ends, at the right end first (so that an indel in a repeat keeps its
/// left-aligned place); nothing where alt is ref.
std::optional<Replacement> replacement_of(Edit edit);

/// Replacements that do not overlap, by position, as indexes into a pool.
class ReplacementList {
 public:
  /// The member that pool[index] overlaps; nothing where there is none and it became a member.
  std::optional<std::uint32_t> add(std::span<const Replacement> pool, std::uint32_t index);
  const std::vector<std::uint32_t>& members() const noexcept { return members_; }

 private:
  std::vector<std::uint32_t> members_;
};

/// What a window is made of, from left to right.
struct WindowPlan {
  /// Letters of a replacement, or of the contig where `replacement` is null.
  struct Piece {
    const Replacement* replacement;
    std::int64_t first;  ///< contig position, or index into inserted()
    std::int64_t last;   ///< one past the end
  };
  std::vector<Piece> pieces;
  std::int64_t first = 0;  ///< the stretch of the contig that the window was made from, [first, last)
  std::int64_t last = 0;
  std::size_t first_used = 0;  ///< members [first_used, last_used) of the list made it
  std::size_t last_used = 0;
};
/// Walks outward from the TSS (see haplotypes.hpp). The plan points into `pool`.
WindowPlan plan_window(std::span<const Replacement> pool, std::span<const std::uint32_t> members,
                       std::int64_t tss, std::int64_t length);

/// @param contig  letters of the contig from `start` on; outside is N.
std::string assemble(const WindowPlan& plan, std::string_view contig, std::int64_t start);

}  // namespace biodta::genome::detail
