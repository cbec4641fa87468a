#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <cstring>

namespace biodta::weights {
namespace {

using biodta::testing::expect_error;
using biodta::testing::fixture;
using biodta::testing::TemporaryFolder;
using support::read_text_file;
using support::write_text_file;

/// -1, -1 + step, … in C order, as scripts/fixtures/weights.py makes them.
torch::Tensor ramp(const std::vector<std::int64_t>& shape, torch::ScalarType dtype = torch::kFloat32,
                   double step = 0.5) {
  torch::Tensor values = torch::empty(shape, torch::kFloat64);
  auto* data = values.data_ptr<double>();
  for (std::int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<double>(i) * step - 1.0;
  return values.to(dtype);
}

torch::Tensor truths(std::initializer_list<int> values) {
  return torch::tensor(std::vector<int>(values), torch::kInt32).to(torch::kBool);
}

/// What scripts/fixtures/weights.py puts into reference.safetensors.
NamedTensors reference() {
  return {{"float64", ramp({3}, torch::kFloat64)},
          {"float32", ramp({2, 3})},
          {"zeta", ramp({2})},
          {"float16", ramp({5}, torch::kFloat16)},
          {"bfloat16", ramp({3, 1}, torch::kBFloat16)},
          {"int64", ramp({4}, torch::kInt64, 3)},
          {"int32", ramp({4}, torch::kInt32, 3)},
          {"int16", ramp({3}, torch::kInt16, 3)},
          {"int8", ramp({3}, torch::kInt8, 3)},
          {"uint8", ramp({3}, torch::kFloat32, 3).clamp_min(0).to(torch::kUInt8)},
          {"bool", truths({1, 0, 1})},
          {"float8", ramp({3}).to(torch::kFloat8_e4m3fn)},
          {"scalar", torch::tensor(7.0F)},
          {"empty", torch::zeros({0, 4})},
          {"name with \"quotes\" and ü", ramp({1})}};
}

void expect_same(const torch::Tensor& found, const torch::Tensor& expected, const std::string& name) {
  ASSERT_EQ(found.scalar_type(), expected.scalar_type()) << name;
  ASSERT_EQ(found.sizes(), expected.sizes()) << name;
  EXPECT_TRUE(found.is_contiguous()) << name;
  const auto whole = expected.contiguous();
  EXPECT_EQ(found.numel() == 0 ? 0 : std::memcmp(found.data_ptr(), whole.data_ptr(), whole.nbytes()), 0)
      << name;
}

void expect_same(const NamedTensors& found, const NamedTensors& expected) {
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    expect_same(found.at(name), tensor, name);
  }
  EXPECT_EQ(found.size(), expected.size());
}

// --- safetensors
// ----------------------------------------------------------------------------------------------------

TEST(Safetensors, ReadsWhatThePythonLibraryWrote) {
  const TensorFile file = read_tensors(fixture("weights/reference.safetensors"));
  expect_same(file.tensors, reference());
  EXPECT_EQ(file.metadata, (Metadata{{"format", "pt"}}));
}

TEST(Safetensors, WritesTheBytesThatThePythonLibraryWrites) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", reference(), {{"format", "pt"}});
  EXPECT_EQ(read_text_file(folder / "a.safetensors"),
            read_text_file(fixture("weights/reference.safetensors")));
}

TEST(Safetensors, RoundTripsViewsAliasesAndNothing) {
  const TemporaryFolder folder;
  const torch::Tensor base = ramp({4, 6});
  const NamedTensors tensors = {
      {"t", base.t()}, {"slice", base.narrow(1, 2, 3)}, {"alias", base}, {"again", base}};
  write_safetensors(folder / "a", tensors);
  expect_same(read_tensors(folder / "a").tensors, tensors);
  write_safetensors(folder / "none", {});
  EXPECT_TRUE(read_tensors(folder / "none").tensors.empty());
}

TEST(Safetensors, RefusesToWriteWhatTheFormatCannotHold) {
  const TemporaryFolder folder;
  expect_error<Error>(
      [&] {
        write_safetensors(folder / "a", {{"z", torch::zeros({1}, torch::kComplexFloat)}});
      },
      {"'z'", "ComplexFloat"});
  expect_error<Error>([&] { write_safetensors(folder / "a", {{"undefined", {}}}); }, {"'undefined'"});
  expect_error<Error>(
      [&] {
        write_safetensors(folder / "a", {{"__metadata__", ramp({1})}});
      },
      {"'__metadata__'"});
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

class DamagedSafetensors : public ::testing::Test {
 protected:
  void refuse(const std::string& bytes, std::initializer_list<std::string_view> parts) {
    write_text_file(folder_ / "a.safetensors", bytes);
    expect_error<InputError>([&] { read_tensors(folder_ / "a.safetensors"); }, parts);
  }
  void refuse_header(const std::string& header, std::size_t data,
                     std::initializer_list<std::string_view> parts) {
    refuse(file(header, data), parts);
  }
  static std::string file(const std::string& header, std::size_t data) {
    std::string bytes(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, 8);
    return bytes + header + std::string(data, '\0');
  }
  TemporaryFolder folder_;
};

TEST_F(DamagedSafetensors, EveryTruncationIsRefused) {
  const std::string whole = read_text_file(fixture("weights/reference.safetensors"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_text_file(folder_ / "a.safetensors", whole.substr(0, size));
    ASSERT_THROW(read_tensors(folder_ / "a.safetensors"), InputError) << size;
  }
}

TEST_F(DamagedSafetensors, ThatAreSomethingElse) {
  expect_error<InputError>([&] { read_tensors(folder_ / "none"); }, {"none", "no such file"});
  expect_error<InputError>([&] { read_tensors(folder_.path()); }, {"a folder"});
  refuse("", {"a.safetensors", "header", "0 bytes"});
  refuse("version https://git-lfs.github.com/spec/v1\n", {"a.safetensors", "header", "a length of"});
  refuse_header("not json", 0, {"header", "no JSON"});
  refuse_header("[1]", 0, {"header", "no JSON object"});
}

TEST_F(DamagedSafetensors, WithHeadersThatDoNotFit) {
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  EXPECT_NO_THROW({
    write_text_file(folder_ / "good", file(tensor("F32", "[2]", "[0,8]"), 8));
    read_tensors(folder_ / "good");
  });
  refuse_header(tensor("F32", "[2]", "[0,8]"), 7, {"'a'", "data_offsets [0,8]", "7 bytes"});
  refuse_header(tensor("F32", "[2]", "[0,8]"), 9, {"data", "found 9 bytes", "expected 8"});
  refuse_header(tensor("F32", "[3]", "[0,8]"), 8, {"'a'", "8 bytes", "F32 [3]"});
  refuse_header(tensor("F32", "[-2]", "[0,8]"), 8, {"'a'", "no shape"});
  refuse_header(tensor("F32", "[2]", "[8,0]"), 8, {"'a'", "data_offsets"});
  refuse_header(tensor("F32", "[1]", "[4,8]"), 8, {"'a'", "data at 4", "expected 0"});
  refuse_header(tensor("C64", "[1]", "[0,8]"), 8, {"'a'", "C64"});
  refuse_header(tensor("F32", "[4611686018427387904,4]", "[0,0]"), 0, {"'a'", "0 bytes"});  // overflows to 0
  refuse_header(R"({"a":{"shape":[],"data_offsets":[0,0]}})", 0, {"'a'", "no dtype"});
  refuse_header(R"({"a":3})", 0, {"'a'", "no shape"});
  refuse_header(R"({"__metadata__":{"x":3}})", 0, {"__metadata__", "'x'"});
  const std::string one = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  refuse_header("{" + one + "," + one + "}", 1, {"'a'", "twice"});
}

// --- torch.save
// -----------------------------------------------------------------------------------------------------

NamedTensors state_dict() {
  return {{"linear.weight", ramp({2, 3})},
          {"linear.bias", ramp({2})},
          {"norm.weight", ramp({2})},
          {"norm.bias", torch::zeros({2})},
          {"norm.running_mean", torch::zeros({2})},
          {"norm.running_var", ramp({2}, torch::kFloat32, 4).abs()},
          {"norm.num_batches_tracked", torch::tensor(std::int64_t{11})},
          {"tied.weight", ramp({2, 3})},
          {"transposed", ramp({3, 2}).t()},
          {"slice", ramp({10}).narrow(0, 2, 3)},
          {"half", ramp({3}, torch::kFloat16)},
          {"bfloat16", ramp({3}, torch::kBFloat16)},
          {"flags", truths({1, 0})},
          {"parameter", ramp({2})},
          {"scalar", torch::tensor(7.0F)},
          {"empty", torch::zeros({0, 4})}};
}

TEST(PytorchFile, ReadsAStateDictOfEitherProtocol) {
  for (const char* name : {"weights/pytorch_model.bin", "weights/protocol_4.bin"}) {
    const TensorFile file = read_tensors(fixture(name));
    expect_same(file.tensors, state_dict());
    EXPECT_TRUE(file.metadata.empty());
  }
}

TEST(PytorchFile, TiedTensorsAreEntriesOfTheirOwn) {
  const TensorFile file = read_tensors(fixture("weights/pytorch_model.bin"));
  file.tensors.at("tied.weight").zero_();
  expect_same(file.tensors.at("linear.weight"), ramp({2, 3}), "linear.weight");
}

TEST(PytorchFile, FindsTheStateDictInsideACheckpoint) {
  expect_same(read_tensors(fixture("weights/checkpoint.bin")).tensors, {{"a", ramp({4})}});
}

TEST(PytorchFile, ReadsALoneTensor) {
  expect_same(read_tensors(fixture("weights/tensor.pt")).tensors, {{"tensor", ramp({4})}});
}

TEST(PytorchFile, RefusesAPickleThatWouldRunAProgram) {
  const std::filesystem::path trace = "/tmp/biodta-harmful";
  std::filesystem::remove(trace);
  expect_error<InputError>(
      [] { read_tensors(fixture("weights/harmful.bin")); },
      {"harmful.bin", "data.pkl", "system'", "tensors and plain containers only", "safetensors"});
  EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST(PytorchFile, RefusesWhatIsNotByTorchSave) {
  expect_error<InputError>([] { read_tensors(fixture("weights/no_pickle.zip")); },
                           {"no_pickle.zip", "no data.pkl"});
  expect_error<InputError>([] { read_tensors(fixture("weights/legacy.pt")); },
                           {"legacy.pt", "a bare pickle", "saved again in Python"});
}

TEST(PytorchFile, RefusesATruncatedZip) {
  const TemporaryFolder folder;
  const std::string whole = read_text_file(fixture("weights/pytorch_model.bin"));
  for (const double share : {0.1, 0.5, 0.9, 0.999}) {
    write_text_file(folder / "a.bin",
                    whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * share)));
    expect_error<InputError>([&] { read_tensors(folder / "a.bin"); }, {"a.bin", "damaged zip"});
  }
}

/// Whatever a bit may flip, the answer is tensors or an InputError.
TEST(PytorchFile, StandsUpToFlippedBits) {
  const TemporaryFolder folder;
  const std::string whole = read_text_file(fixture("weights/checkpoint.bin"));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(1U << (i % 8)));
    std::ofstream(folder / "a.bin", std::ios::binary) << bytes;
    try {
      read_tensors(folder / "a.bin");
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(TensorFile, ReadsOnlyWhatIsWanted) {
  for (const char* name : {"reference.safetensors", "pytorch_model.bin"}) {
    const auto path = biodta::testing::fixture("weights") / name;
    const auto all = read_tensors(path).tensors;
    ASSERT_GT(all.size(), 1U) << name;
    const std::string wanted = all.rbegin()->first;
    const auto some = read_tensors(path, [&](const std::string& tensor) { return tensor == wanted; }).tensors;
    ASSERT_EQ(some.size(), 1U) << name;
    EXPECT_TRUE(torch::equal(some.at(wanted), all.at(wanted))) << name;
  }
}

}  // namespace
}  // namespace biodta::weights
