#include "pickle.hpp"

#include "pickle_objects.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

namespace biodta::weights {
namespace {

std::string code_text(std::uint8_t code) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[code >> 4U], kDigits[code & 15U]};
}

}  // namespace

// The names of CPython's pickletools.
enum Code : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8a,
  kBinFloat = 'G',
  kBinUnicode = 'X',
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kMemoize = 0x94,
  kBinGet = 'h',
  kLongBinGet = 'j',
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kReduce = 'R',
  kBuild = 'b',
  kBinPersId = 'Q',
  kProto = 0x80,
  kFrame = 0x95,
};

Pickle::Pickle(std::string_view bytes) : bytes_(bytes) {
  run();
}

void Pickle::run() {
  for (;;) {
    const auto code = take_number<std::uint8_t>();
    if (code == kStop) break;
    if (!step(code))
      throw PickleError("the operation " + code_text(code) + " at byte " + std::to_string(at_ - 1));
  }
  root_ = pop();
  if (!stack_.empty()) throw PickleError("values left over at its end");
}

bool Pickle::step(std::uint8_t code) {
  switch (code) {
    case kProto:
      if (const auto version = take_number<std::uint8_t>(); version > 5) {
        throw PickleError("protocol " + std::to_string(version));
      }
      return true;
    case kFrame:
      take(8);
      return true;
    default:
      return step_literal(code) || step_container(code) || step_memo(code) || step_object(code);
  }
}

bool Pickle::step_literal(std::uint8_t code) {
  switch (code) {
    case kNone:
      push(pickle::None{});
      return true;
    case kNewTrue:
      push(true);
      return true;
    case kNewFalse:
      push(false);
      return true;
    case kBinInt:
      push(std::int64_t{take_number<std::int32_t>()});
      return true;
    case kBinInt1:
      push(std::int64_t{take_number<std::uint8_t>()});
      return true;
    case kBinInt2:
      push(std::int64_t{take_number<std::uint16_t>()});
      return true;
    case kLong1:
      push_long();
      return true;
    case kBinFloat: {
      std::array<char, 8> big_endian{};
      std::memcpy(big_endian.data(), take(8).data(), 8);
      std::reverse(big_endian.begin(), big_endian.end());
      push(std::bit_cast<double>(big_endian));
      return true;
    }
    case kBinUnicode:
      push(take(take_number<std::uint32_t>()));
      return true;
    case kShortBinUnicode:
      push(take(take_number<std::uint8_t>()));
      return true;
    case kBinUnicode8:
      push(take(take_number<std::uint64_t>()));
      return true;
    default:
      return false;
  }
}

bool Pickle::step_container(std::uint8_t code) {
  switch (code) {
    case kMark:
      push(pickle::Mark{});
      return true;
    case kEmptyList:
      push(new_list({}));
      return true;
    case kEmptyTuple:
      push_tuple(0);
      return true;
    case kTuple1:
      push_tuple(1);
      return true;
    case kTuple2:
      push_tuple(2);
      return true;
    case kTuple3:
      push_tuple(3);
      return true;
    case kTuple:
      push(new_list(pop_to_mark()));
      return true;
    case kEmptyDict:
      push(new_dict());
      return true;
    case kAppend:
    case kAppends: {
      std::vector<Value> items;
      if (code == kAppends) {
        items = pop_to_mark();
      } else {
        items.push_back(pop());
      }
      auto* const* list = stack_.empty() ? nullptr : std::get_if<pickle::List*>(&stack_.back());
      if (list == nullptr) throw PickleError("something appended to what is no list");
      (*list)->items.insert((*list)->items.end(), items.begin(), items.end());
      return true;
    }
    case kSetItem: {
      Value value = pop();
      Value key = pop();
      set_items({std::move(key), std::move(value)});
      return true;
    }
    case kSetItems:
      set_items(pop_to_mark());
      return true;
    default:
      return false;
  }
}

bool Pickle::step_memo(std::uint8_t code) {
  const auto remember = [&](std::uint32_t index) {
    if (stack_.empty()) throw PickleError("an empty stack");
    memo_[index] = stack_.back();
  };
  const auto recall = [&](std::uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw PickleError("a reference to nothing");
    push(found->second);
  };
  switch (code) {
    case kBinPut:
      remember(take_number<std::uint8_t>());
      return true;
    case kLongBinPut:
      remember(take_number<std::uint32_t>());
      return true;
    case kMemoize:
      remember(static_cast<std::uint32_t>(memo_.size()));
      return true;
    case kBinGet:
      recall(take_number<std::uint8_t>());
      return true;
    case kLongBinGet:
      recall(take_number<std::uint32_t>());
      return true;
    default:
      return false;
  }
}

bool Pickle::step_object(std::uint8_t code) {
  switch (code) {
    case kGlobal: {
      const std::string module(take_line());
      push_global(module + "." + std::string(take_line()));
      return true;
    }
    case kStackGlobal: {
      const Value name = pop();
      const Value module = pop();
      const auto* name_text = std::get_if<std::string_view>(&name);
      const auto* module_text = std::get_if<std::string_view>(&module);
      if (name_text == nullptr || module_text == nullptr) throw PickleError("a global without a name");
      push_global(std::string(*module_text) + "." + std::string(*name_text));
      return true;
    }
    case kBinPersId:
      push(make_storage(pop()));
      return true;
    case kReduce:
      reduce();
      return true;
    case kBuild:
      build();
      return true;
    default:
      return false;
  }
}

std::string_view Pickle::take(std::uint64_t count) {
  if (count > bytes_.size() - at_) throw PickleError("its end in the middle of a value");
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

template <class T>
T Pickle::take_number() {
  T value{};
  std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
  return value;
}

std::string_view Pickle::take_line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (end == std::string_view::npos) throw PickleError("its end in the middle of a name");
  const std::string_view line = take(end - at_);
  take(1);
  return line;
}

pickle::Value Pickle::pop() {
  if (stack_.empty() || std::holds_alternative<pickle::Mark>(stack_.back()))
    throw PickleError("an empty stack");
  Value value = std::move(stack_.back());
  stack_.pop_back();
  return value;
}

std::vector<pickle::Value> Pickle::pop_to_mark() {
  auto mark = stack_.end();
  while (mark != stack_.begin() && !std::holds_alternative<pickle::Mark>(*(mark - 1))) --mark;
  if (mark == stack_.begin()) throw PickleError("the end of a group that never began");
  std::vector<Value> values(std::make_move_iterator(mark), std::make_move_iterator(stack_.end()));
  stack_.erase(mark - 1, stack_.end());
  return values;
}

void Pickle::push_tuple(std::size_t count) {
  std::vector<Value> items(count);
  while (count > 0) items[--count] = pop();
  push(new_list(std::move(items)));
}

pickle::List* Pickle::new_list(std::vector<Value> items) {
  return &lists_.emplace_back(pickle::List{std::move(items)});
}

pickle::Dict* Pickle::new_dict() {
  return &dicts_.emplace_back();
}

void Pickle::set_items(const std::vector<Value>& items) {
  auto* const* dict = stack_.empty() ? nullptr : std::get_if<pickle::Dict*>(&stack_.back());
  if (dict == nullptr || items.size() % 2 != 0)
    throw PickleError("keys and values for what is no dictionary");
  for (std::size_t i = 0; i < items.size(); i += 2) (*dict)->items.emplace_back(items[i], items[i + 1]);
}

void Pickle::push_long() {
  const std::string_view bytes = take(take_number<std::uint8_t>());
  if (bytes.size() > 8) throw PickleError("a whole number beyond 64 bits");
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  push(std::bit_cast<std::int64_t>(value));
}

void Pickle::push_global(std::string name) {
  if (!is_allowed_global(name)) throw PickleError("a demand for '" + name + "'");
  push(pickle::Global{std::move(name)});
}

void Pickle::reduce() {
  const Value arguments = pop();
  const Value callee = pop();
  const auto* const* tuple = std::get_if<pickle::List*>(&arguments);
  const auto* global = std::get_if<pickle::Global>(&callee);
  if (tuple == nullptr || global == nullptr) throw PickleError("a call of what is no name");
  if (global->name == kOrderedDict) {
    if (!(*tuple)->items.empty()) throw PickleError("an OrderedDict made from arguments");
    push(new_dict());
  } else {
    push(make_tensor(global->name, (*tuple)->items));
  }
}

/// state_dict() carries its modules' versions as an attribute, which no reader of weights needs.
void Pickle::build() {
  const Value state = pop();
  const bool is_dict = !stack_.empty() && std::holds_alternative<pickle::Dict*>(stack_.back());
  if (!is_dict || !std::holds_alternative<pickle::Dict*>(state))
    throw PickleError("attributes for what is no OrderedDict");
}

}  // namespace biodta::weights
