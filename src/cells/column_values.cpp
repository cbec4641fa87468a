#include "column_values.hpp"

#include <optional>
#include <span>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

class DatasetValues final : public ColumnValues {
 public:
  DatasetValues(hdf5::Dataset dataset, std::string place)
      : dataset_(std::move(dataset)),
        place_(std::move(place)),
        type_(dataset_.type()),
        size_(dataset_.shape().front()) {}

  const std::string& place() const override { return place_; }
  ElementType type() const override { return type_; }
  std::uint64_t size() const override { return size_; }
  std::vector<std::int64_t> integers(std::uint64_t first, std::uint64_t count) const override {
    return read<std::int64_t>(first, count);
  }
  std::vector<double> numbers(std::uint64_t first, std::uint64_t count) const override {
    return read<double>(first, count);
  }
  std::vector<std::string> texts(std::uint64_t first, std::uint64_t count) const override {
    return dataset_.read_strings(first, count);
  }

 private:
  template <class T>
  std::vector<T> read(std::uint64_t first, std::uint64_t count) const {
    if (type_ == ElementType::kBool) {
      std::vector<std::uint8_t> truths(count);
      dataset_.read<std::uint8_t>(first, truths);
      return {truths.begin(), truths.end()};
    }
    std::vector<T> values(count);
    dataset_.read<T>(first, values);
    return values;
  }

  hdf5::Dataset dataset_;
  std::string place_;
  ElementType type_;
  std::uint64_t size_;
};

class MemberValues final : public ColumnValues {
 public:
  MemberValues(hdf5::Dataset table, std::string member, std::string place)
      : table_(std::move(table)),
        member_(std::move(member)),
        place_(std::move(place)),
        type_(table_.member_type(member_)),
        size_(table_.shape().front()) {}

  const std::string& place() const override { return place_; }
  ElementType type() const override { return type_; }
  std::uint64_t size() const override { return size_; }
  std::vector<std::int64_t> integers(std::uint64_t first, std::uint64_t count) const override {
    if (!integers_) integers_ = read<std::int64_t>();
    return slice(*integers_, first, count);
  }
  std::vector<double> numbers(std::uint64_t first, std::uint64_t count) const override {
    if (!numbers_) numbers_ = read<double>();
    return slice(*numbers_, first, count);
  }
  std::vector<std::string> texts(std::uint64_t first, std::uint64_t count) const override {
    if (!texts_) texts_ = table_.read_member_strings(member_);
    return slice(*texts_, first, count);
  }

 private:
  template <class T>
  std::vector<T> read() const {
    if (type_ != ElementType::kBool) return table_.read_member<T>(member_);
    const auto truths = table_.read_member<std::uint8_t>(member_);
    return {truths.begin(), truths.end()};
  }
  template <class T>
  static std::vector<T> slice(const std::vector<T>& values, std::uint64_t first, std::uint64_t count) {
    const auto part = std::span(values).subspan(first, count);
    return {part.begin(), part.end()};
  }

  hdf5::Dataset table_;
  std::string member_;
  std::string place_;
  ElementType type_;
  std::uint64_t size_;
  mutable std::optional<std::vector<std::int64_t>> integers_;
  mutable std::optional<std::vector<double>> numbers_;
  mutable std::optional<std::vector<std::string>> texts_;
};

}  // namespace

ColumnValuesPointer dataset_values(hdf5::Dataset dataset, std::string place) {
  if (dataset.shape().size() != 1) return nullptr;
  return std::make_shared<DatasetValues>(std::move(dataset), std::move(place));
}

ColumnValuesPointer member_values(hdf5::Dataset table, std::string member, std::string place) {
  if (table.shape().size() != 1) return nullptr;
  return std::make_shared<MemberValues>(std::move(table), std::move(member), std::move(place));
}

}  // namespace biodta::cells
