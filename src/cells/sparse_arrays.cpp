#include "sparse_arrays.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

std::string in_digits(std::uint64_t value) {
  return std::to_string(value);
}

/// A member that is one line of numbers.
hdf5::Dataset open_numbers(const std::filesystem::path& path, const hdf5::Group& group,
                           const std::string& matrix, const std::string& member) {
  hdf5::Dataset dataset = group.dataset(member);
  const std::string place = matrix + "/" + member;
  if (dataset.type() == ElementType::kString) throw InputError(path, place, "text", "numbers");
  const std::size_t rank = dataset.shape().size();
  if (rank != 1) throw InputError(path, place, std::to_string(rank) + " dimensions", "1");
  return dataset;
}

void require_whole_numbers(const std::filesystem::path& path, const hdf5::Dataset& dataset,
                           const std::string& place) {
  if (hdf5::is_floating(dataset.type())) throw InputError(path, place, "floating-point numbers", "integers");
}

}  // namespace

SparseArrays::SparseArrays(std::filesystem::path path, const hdf5::Group& group, std::string name,
                           const Form& form)
    : path_(std::move(path)),
      name_(std::move(name)),
      form_(form),
      data_(open_numbers(path_, group, name_, "data")),
      indices_(open_numbers(path_, group, name_, "indices")),
      indptr_(open_numbers(path_, group, name_, "indptr")) {
  require_whole_numbers(path_, indices_, name_ + "/indices");
  require_whole_numbers(path_, indptr_, name_ + "/indptr");
  values_ = data_.shape().front();
  const std::uint64_t indices = indices_.shape().front();
  if (indices != values_) {
    throw InputError(path_, name_ + "/indices", in_digits(indices) + " values",
                     in_digits(values_) + " as in " + name_ + "/data");
  }
  const std::uint64_t pointers = indptr_.shape().front();
  if (pointers == 0 || pointers - 1 != form_.lines) {
    throw InputError(
        path_, name_ + "/indptr", in_digits(pointers) + " values",
        in_digits(form_.lines + 1) + " for " + in_digits(form_.lines) + " " + std::string(form_.lines_word));
  }
}

std::vector<std::uint64_t> SparseArrays::offsets(std::uint64_t first, std::uint64_t count) const {
  std::vector<std::int64_t> pointers(count + 1);
  indptr_.read<std::int64_t>(first, pointers);
  if (first == 0 && pointers.front() != 0) {
    throw InputError(path_, name_ + "/indptr[0]", std::to_string(pointers.front()), "0");
  }
  std::int64_t previous = 0;
  for (std::uint64_t i = 0; i <= count; ++i) {
    if (pointers[i] < previous || static_cast<std::uint64_t>(pointers[i]) > values_) {
      throw InputError(path_, name_ + "/indptr[" + in_digits(first + i) + "]", std::to_string(pointers[i]),
                       std::to_string(previous) + " to " + in_digits(values_));
    }
    previous = pointers[i];
  }
  if (first + count == form_.lines && static_cast<std::uint64_t>(previous) != values_) {
    throw InputError(path_, name_ + "/indptr[" + in_digits(form_.lines) + "]", std::to_string(previous),
                     in_digits(values_) + ", the number of values");
  }
  return {pointers.begin(), pointers.end()};
}

void SparseArrays::refuse_index(std::uint64_t at, std::int64_t index) const {
  throw InputError(path_, name_ + "/indices[" + in_digits(at) + "]", std::to_string(index),
                   form_.across == 0 ? "no value, since there are no " + std::string(form_.across_word)
                                     : "0 to " + in_digits(form_.across - 1) + ", one of the " +
                                           std::string(form_.across_word));
}

void SparseArrays::read_indices(std::uint64_t begin, std::span<std::uint32_t> out) const {
  if (out.empty()) return;
  if (indices_.type() == ElementType::kInt32) {
    // Same width as ours: no conversion, and a negative index is a large one.
    const std::span<std::int32_t> same(reinterpret_cast<std::int32_t*>(out.data()), out.size());
    indices_.read<std::int32_t>(begin, same);
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
    const std::uint64_t limit = std::min(form_.across, kLargest + 1);
    if (*std::max_element(out.begin(), out.end()) < limit) return;
    const auto bad =
        std::find_if(out.begin(), out.end(), [limit](std::uint32_t index) { return index >= limit; });
    const auto at = static_cast<std::size_t>(bad - out.begin());
    refuse_index(begin + at, same[at]);
  }
  std::vector<std::int64_t> wide(out.size());
  indices_.read<std::int64_t>(begin, wide);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (wide[i] < 0 || static_cast<std::uint64_t>(wide[i]) >= form_.across) refuse_index(begin + i, wide[i]);
    out[i] = static_cast<std::uint32_t>(wide[i]);
  }
}

void SparseArrays::read_values(std::uint64_t begin, std::span<float> out) const {
  if (!out.empty()) data_.read<float>(begin, out);
}

}  // namespace biodta::cells
