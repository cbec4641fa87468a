#pragma once
/// @file
/// A reader of the pickles inside torch.save's zips. It builds plain containers and descriptions of tensors;
/// it calls nothing, imports nothing, and refuses every name that is not on its short list.

#include <torch/types.h>

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace biodta::weights {

/// What was wrong with a pickle, in the words of InputError's `found`.
class PickleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace pickle {

struct None {};
struct Mark {};
/// A name on the short list, "torch._utils._rebuild_tensor_v2".
struct Global {
  std::string name;
};
/// A record data/<key> of the zip.
struct Storage {
  std::string_view key;
  torch::ScalarType dtype;
  std::int64_t count;
};
/// A view into a storage, bounds checked.
struct TensorView {
  Storage storage;
  std::int64_t offset;
  std::vector<std::int64_t> size;
  std::vector<std::int64_t> stride;
};

struct List;  // lists and tuples
struct Dict;
/// Containers belong to the Pickle that made them, text to the bytes that it read: so a value is small,
/// however often a pickle repeats it, and memory is bounded by the pickle's length.
using Value = std::variant<None, Mark, bool, std::int64_t, double, std::string_view, Global, Storage,
                           TensorView, List*, Dict*>;
struct List {
  std::vector<Value> items;
};
struct Dict {
  std::vector<std::pair<Value, Value>> items;
};

}  // namespace pickle

/// Reads one pickle. The values live as long as the object and the bytes.
class Pickle {
 public:
  /// Throws PickleError.
  explicit Pickle(std::string_view bytes);
  const pickle::Value& root() const { return root_; }

 private:
  using Value = pickle::Value;

  void run();
  bool step(std::uint8_t code);
  bool step_literal(std::uint8_t code);
  bool step_container(std::uint8_t code);
  bool step_memo(std::uint8_t code);
  bool step_object(std::uint8_t code);

  std::string_view take(std::uint64_t count);
  template <class T>
  T take_number();
  std::string_view take_line();
  void push(Value value) { stack_.push_back(std::move(value)); }
  Value pop();
  std::vector<Value> pop_to_mark();
  void push_tuple(std::size_t count);
  pickle::List* new_list(std::vector<Value> items);
  pickle::Dict* new_dict();
  void set_items(const std::vector<Value>& items);
  void push_long();
  void push_global(std::string name);
  void reduce();
  void build();

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::vector<Value> stack_;
  std::unordered_map<std::uint32_t, Value> memo_;
  std::deque<pickle::List> lists_;  // deques keep their elements where they are
  std::deque<pickle::Dict> dicts_;
  Value root_;
};

}  // namespace biodta::weights
