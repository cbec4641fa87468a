#include "embed_record.hpp"

#include <cstring>
#include <type_traits>

namespace biodta::pipeline {
namespace {

class RecordWriter {
 public:
  template <class T>
  void put(const T* values, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto bytes = std::as_bytes(std::span(values, count));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  template <class T>
  void put(T value) {
    put(&value, 1);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class RecordParser {
 public:
  explicit RecordParser(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <class T>
  bool get(T* values, std::size_t count) {
    if (count > bytes_.size() / sizeof(T)) return false;
    if (count > 0) std::memcpy(values, bytes_.data(), count * sizeof(T));
    bytes_ = bytes_.subspan(count * sizeof(T));
    return true;
  }
  template <class T>
  bool get(std::vector<T>& values, std::uint64_t count) {
    if (count > bytes_.size() / sizeof(T)) return false;
    values.resize(count);
    return get(values.data(), count);
  }
  std::span<const std::byte> rest() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

// A byte tells the two kinds apart: 0, the reason as text; or 1, known_bases, embedded, asked, the number of
// contexts, contexts, values, predictions.
std::vector<std::byte> encode(const GeneRecord& record) {
  RecordWriter out;
  out.put(static_cast<std::uint8_t>(record.left_out.empty() ? 1 : 0));
  if (!record.left_out.empty()) {
    out.put(record.left_out.data(), record.left_out.size());
    return out.take();
  }
  out.put(record.known_bases);
  out.put(record.embedded);
  out.put(record.asked);
  out.put(static_cast<std::uint64_t>(record.contexts.size()));
  out.put(record.contexts.data(), record.contexts.size());
  out.put(record.values.data(), record.values.size());
  out.put(record.predictions.data(), record.predictions.size());
  return out.take();
}

std::optional<GeneRecord> decode(std::span<const std::byte> bytes, std::size_t row_size, std::size_t tracks) {
  RecordParser in(bytes);
  GeneRecord record;
  std::uint8_t kind = 0;
  if (!in.get(&kind, 1) || kind > 1) return std::nullopt;
  if (kind == 0) {
    const auto text = in.rest();
    record.left_out.assign(reinterpret_cast<const char*>(text.data()), text.size());
    return text.empty() ? std::nullopt : std::optional(record);
  }
  std::uint64_t contexts = 0;
  if (!in.get(&record.known_bases, 1) || !in.get(&record.embedded, 1) || !in.get(&record.asked, 1) ||
      !in.get(&contexts, 1) || !in.get(record.contexts, contexts) ||
      !in.get(record.values, (1 + contexts) * row_size) ||
      !in.get(record.predictions, (1 + contexts) * tracks) || !in.rest().empty()) {
    return std::nullopt;
  }
  return record;
}

}  // namespace biodta::pipeline
