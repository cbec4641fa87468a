#pragma once
/// @file
/// Rules on per-cell metadata: which values of a column a cell may have.

#include <biodta/cells/count_source.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Whether `text` is what `glob` describes: `*` any letters, `?` any one, everything else itself, case
/// ignored (ASCII).
bool matches_glob(std::string_view text, std::string_view glob);

/// "column=glob|glob": satisfied by a cell whose value in the column matches one of the globs. A missing
/// value satisfies no rule. Numbers are compared as text ("0.5"), truth values as "True" and "False".
struct ObsRule {
  std::string column;
  std::vector<std::string> globs;
  bool include = true;  ///< else exclude: a cell that satisfies it is dropped

  bool satisfied_by(std::string_view value) const;
  /// "include assay", "exclude disease": what its dropped cells are counted under.
  std::string name() const { return (include ? "include " : "exclude ") + column; }
};
/// Include rules first, each kind in its order. Throws ConfigError for text that is no rule.
std::vector<ObsRule> parse_obs_rules(std::span<const std::string> include,
                                     std::span<const std::string> exclude);

/// Rules bound to the columns of one file.
class ObsSelection {
 public:
  /// Throws InputError, listing the columns there are, where an include rule names none of them, and for
  /// any rule on a column of identifiers.
  /// @param rules  must outlive this
  ObsSelection(std::span<const ObsRule> rules, const CountSource& source);

  /// Names of the exclude rules whose column the file lacks; they drop nothing there.
  const std::vector<std::string>& without_column() const noexcept { return without_column_; }
  /// The columns that the rules look at, as indices into CountSource::obs_fields().
  std::vector<std::size_t> fields() const;
  /// For each of some cells the index of the first rule that it breaks; -1 = none.
  /// @param obs    their values by column, as CountSource::read_obs gives them; only those of fields() matter
  /// @param count  how many cells they are
  std::vector<std::int32_t> broken(std::span<const ObsValues> obs, std::size_t count) const;

 private:
  struct Bound {
    std::int32_t rule;
    std::size_t field;
    std::vector<std::uint8_t> good_categories;  // [categories]: whether a cell with it keeps the rule
  };
  std::span<const ObsRule> rules_;
  std::vector<Bound> bound_;
  std::vector<std::string> without_column_;
};

}  // namespace biodta::cells
