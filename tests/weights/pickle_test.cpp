#include "testing.hpp"

#include <weights/pickle.hpp>

namespace biodta::weights {
namespace {

using biodta::testing::expect_error;
using namespace std::string_literals;

// torch.FloatStorage "0" of four values, as the persistent id of torch.save.
const std::string kStorage =
    "X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"s + "0X\x03\0\0\0"s + "cpuK\x04tQ";
const std::string kRebuild = "ctorch._utils\n_rebuild_tensor_v2\n((";

/// A pickle of one tensor: offset, sizes and strides in pickle's own notation.
std::string tensor(const std::string& offset, const std::string& size, const std::string& stride) {
  return "\x80\x02"s + kRebuild + kStorage + offset + size + stride + "\x89}tR.";
}

void refuse(const std::string& bytes, std::initializer_list<std::string_view> parts) {
  expect_error<PickleError>([&] { const Pickle pickle(bytes); }, parts);
}

TEST(Pickle, DescribesATensorWithoutMakingIt) {
  const std::string bytes = tensor("K\x01", "K\x02\x85", "K\x01\x85");
  const Pickle pickle(bytes);
  const auto& view = std::get<pickle::TensorView>(pickle.root());
  EXPECT_EQ(view.storage.key, "0");
  EXPECT_EQ(view.storage.dtype, torch::kFloat32);
  EXPECT_EQ(view.storage.count, 4);
  EXPECT_EQ(view.offset, 1);
  EXPECT_EQ(view.size, std::vector<std::int64_t>{2});
}

TEST(Pickle, ReadsPlainContainers) {
  // {'a': [1, -2, True, None, 0.5, (300, 70000)], 'n': 2**40}
  const std::string bytes =
      "\x80\x02}(X\x01\0\0\0a](K\x01J\xfe\xff\xff\xff\x88NG?\xe0\0\0\0\0\0\0M\x2c\x01J\x70\x11\x01\0\x86"
      "eX\x01\0\0\0n\x8a\x06\0\0\0\0\0\x01u."s;
  const Pickle pickle(bytes);
  const auto& dict = *std::get<pickle::Dict*>(pickle.root());
  ASSERT_EQ(dict.items.size(), 2U);
  EXPECT_EQ(std::get<std::string_view>(dict.items[0].first), "a");
  const auto& list = std::get<pickle::List*>(dict.items[0].second)->items;
  EXPECT_EQ(std::get<std::int64_t>(list[0]), 1);
  EXPECT_EQ(std::get<std::int64_t>(list[1]), -2);
  EXPECT_TRUE(std::get<bool>(list[2]));
  EXPECT_TRUE(std::holds_alternative<pickle::None>(list[3]));
  EXPECT_EQ(std::get<double>(list[4]), 0.5);
  EXPECT_EQ(std::get<std::int64_t>(std::get<pickle::List*>(list[5])->items[1]), 70000);
  EXPECT_EQ(std::get<std::int64_t>(dict.items[1].second), std::int64_t{1} << 40);
}

TEST(Pickle, HoldsATextThatIsRepeatedOnlyOnce) {
  // A list of one text of a million letters, put there a hundred thousand times.
  constexpr std::size_t kLetters = 1'000'000, kTimes = 100'000;
  std::string bytes = "\x80\x02](X"s + "\x40\x42\x0f\0"s + std::string(kLetters, 'a') + "q\0"s;
  for (std::size_t i = 0; i < kTimes; ++i) bytes += "h\0"s;
  bytes += "e.";
  const Pickle pickle(bytes);
  const auto& items = std::get<pickle::List*>(pickle.root())->items;
  ASSERT_EQ(items.size(), kTimes + 1);
  EXPECT_EQ(std::get<std::string_view>(items.back()).data(),
            std::get<std::string_view>(items.front()).data());
}

TEST(Pickle, RefusesATensorOfMoreDimensionsThanThereCanBe) {
  std::string sizes = "(", strides = "(";
  for (int i = 0; i < 65; ++i) {
    sizes += "K\x01";
    strides += "K\x01";
  }
  refuse(tensor("K"s + '\0', sizes + "t", strides + "t"), {"65 dimensions"});
}

TEST(Pickle, RefusesEveryNameThatIsNotOnItsList) {
  refuse(
      "\x80\x02"
      "cos\nsystem\nX\x02\0\0\0ls\x85R."s,
      {"'os.system'"});
  refuse(
      "\x80\x02"
      "c__builtin__\neval\n."s,
      {"'__builtin__.eval'"});
  refuse("\x80\x04\x8c\x05posix\x8c\x06system\x93."s, {"'posix.system'"});
  refuse(
      "\x80\x02"
      "ctorch\nload\n."s,
      {"'torch.load'"});
  refuse(
      "\x80\x02"
      "ctorch.serialization\nFloatStorage\n."s,
      {"torch.serialization.FloatStorage"});
}

TEST(Pickle, RefusesOperationsThatMakeObjects) {
  for (const char code : {'o', 'i', '\x81', '\x92', '\x82', 'P'})
    refuse("\x80\x02("s + code, {"the operation 0x"});
  refuse("\x80\x02K\x01}R."s, {"a call of what is no name"});
  refuse("\x80\x02]}b."s, {"attributes"});
}

TEST(Pickle, RefusesTensorsThatReachBeyondTheirStorage) {
  EXPECT_NO_THROW(Pickle(tensor("K\0"s, "K\x02K\x02\x86", "K\x02K\x01\x86")));
  EXPECT_NO_THROW(Pickle(tensor("K\x04", "K\0\x85"s, "K\x01\x85")));
  refuse(tensor("K\x01", "K\x04\x85", "K\x01\x85"), {"beyond its storage '0'"});
  refuse(tensor("K\0"s, "K\x02\x85", "K\x04\x85"), {"beyond its storage"});
  refuse(tensor("K\x05", "K\0\x85"s, "K\x01\x85"), {"beyond its storage"});
  refuse(tensor("K\0"s, "J\xff\xff\xff\x7f\x85", "K\0\x85"s),
         {"beyond its storage"});  // expanded from one value
  refuse(tensor("K\0"s, "\x8a\x08\0\0\0\0\0\0\0\x40\x85"s, "\x8a\x08\0\0\0\0\0\0\0\x40\x85"s),
         {"beyond its storage"});
  refuse(tensor("J\xff\xff\xff\xff", "K\x01\x85", "K\x01\x85"), {"offset"});
  refuse(tensor("K\0"s, "J\xff\xff\xff\xff\x85", "K\x01\x85"), {"size or stride"});
  refuse(tensor("K\0"s, "K\x02\x85", "K\x01K\x01\x86"), {"other strides than sizes"});
}

TEST(Pickle, RefusesEveryTruncationWithoutReadingPastTheEnd) {
  const std::string whole = tensor("K\x01", "K\x02\x85", "K\x01\x85");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(Pickle(std::string_view(whole).substr(0, size)), PickleError) << size;
  }
  refuse("\x80\x02X\xff\xff\xff\xffshort."s, {"its end"});
  refuse("\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xffshort."s, {"its end"});
}

TEST(Pickle, StandsUpToNonsense) {
  refuse("\x80\x09.", {"protocol 9"});
  refuse("\x80\x02.", {"an empty stack"});
  refuse("\x80\x02NN.", {"left over"});
  refuse("\x80\x02h\x07.", {"a reference to nothing"});
  refuse("\x80\x02q\x01.", {"an empty stack"});
  refuse("\x80\x02Nu.", {"never began"});
  refuse("\x80\x02N(Nu.", {"no dictionary"});
  refuse("\x80\x02N(Ne.", {"no list"});
  refuse("\x80\x02(N\x85.", {"left over"});
  refuse("\x80\x02NQ.", {"a storage of another form"});
}

TEST(Pickle, DeepAndCyclicContainersAreOnlyMemory) {
  // A list that holds itself, and a million tuples one inside another.
  const Pickle cyclic(
      "\x80\x02]q\x01h\x01"
      "a."s);
  EXPECT_EQ(std::get<pickle::List*>(cyclic.root())->items.size(), 1U);
  const Pickle deep("\x80\x02)" + std::string(1'000'000, '\x85') + ".");
  EXPECT_EQ(std::get<pickle::List*>(deep.root())->items.size(), 1U);
}

}  // namespace
}  // namespace biodta::weights
