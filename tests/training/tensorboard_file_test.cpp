#include "testing.hpp"

#include <biodta/training/tensorboard_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::training {
namespace {

using ::testing::HasSubstr;

/// CRC-32C by table, masked as TFRecord has it.
std::uint32_t tfrecord_crc(std::string_view bytes) {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1U ? (value >> 1U) ^ 0x82F63B78U : value >> 1U;
    table[i] = value;
  }
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (crc >> 8U);
  crc ^= 0xFFFFFFFFU;
  return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

template <class T>
T read_raw(std::string_view& bytes) {
  if (bytes.size() < sizeof(T)) throw std::runtime_error("cut short");
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

std::uint64_t read_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = read_raw<unsigned char>(bytes);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
}

std::string_view read_bytes(std::string_view& bytes) {
  const auto size = read_varint(bytes);
  if (bytes.size() < size) throw std::runtime_error("cut short");
  const auto part = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return part;
}

struct DecodedEvent {
  double wall_time = 0;
  std::uint64_t step = 0;
  std::string file_version;
  std::uint64_t session_status = 0;
  std::map<std::string, float> scalars;
};

void decode_value(std::string_view bytes, DecodedEvent& event) {
  std::string tag;
  float value = 0;
  while (!bytes.empty()) {
    const auto key = read_varint(bytes);
    if (key == (1 << 3 | 2))
      tag = read_bytes(bytes);
    else if (key == (2 << 3 | 5))
      value = read_raw<float>(bytes);
    else
      throw std::runtime_error("unknown key in Summary.Value");
  }
  event.scalars[tag] = value;
}

DecodedEvent decode_event(std::string_view bytes) {
  DecodedEvent event;
  while (!bytes.empty()) {
    const auto key = read_varint(bytes);
    if (key == (1 << 3 | 1)) {
      event.wall_time = read_raw<double>(bytes);
    } else if (key == (2 << 3 | 0)) {
      event.step = read_varint(bytes);
    } else if (key == (3 << 3 | 2)) {
      event.file_version = read_bytes(bytes);
    } else if (key == (5 << 3 | 2)) {
      auto summary = read_bytes(bytes);
      while (!summary.empty()) {
        if (read_varint(summary) != (1 << 3 | 2)) throw std::runtime_error("unknown key in Summary");
        decode_value(read_bytes(summary), event);
      }
    } else if (key == (7 << 3 | 2)) {
      auto session = read_bytes(bytes);
      if (read_varint(session) != (1 << 3 | 0)) throw std::runtime_error("unknown key in SessionLog");
      event.session_status = read_varint(session);
    } else {
      throw std::runtime_error("unknown key in Event");
    }
  }
  return event;
}

std::vector<DecodedEvent> decode_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  const std::string all = text.str();
  std::string_view rest = all;
  std::vector<DecodedEvent> events;
  while (!rest.empty()) {
    const auto length_bytes = rest.substr(0, 8);
    const auto length = read_raw<std::uint64_t>(rest);
    if (read_raw<std::uint32_t>(rest) != tfrecord_crc(length_bytes)) throw std::runtime_error("length's crc");
    const auto record = rest.substr(0, length);
    rest.remove_prefix(length);
    if (read_raw<std::uint32_t>(rest) != tfrecord_crc(record)) throw std::runtime_error("record's crc");
    events.push_back(decode_event(record));
  }
  return events;
}

StepReport tensorboard_report(std::uint64_t step) {
  return {.step = step,
          .loss = 2.5,
          .learning_rate = 1e-3,
          .gradient_norm = 0.5,
          .units = 600,
          .samples = 20,
          .seconds = 2};
}

TEST(TensorBoardFile, HoldsWhatAnIndependentReaderFindsAtOnce) {
  const testing::TemporaryFolder folder;
  TensorBoardFile file(folder / "tensorboard");
  file.on_start({.total_steps = 1000, .unit = "tokens", .sample_unit = "cells"});
  file.on_step(tensorboard_report(300));
  file.on_evaluation(300, {{"loss", 3.25}, {"top1.mask", 0.125}});
  // Flushed: the file is open still.
  const auto events = decode_file(file.path());
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_GT(events[0].wall_time, 1.7e9);
  EXPECT_EQ(events[1].step, 300U);
  EXPECT_EQ(events[1].scalars.at("train/loss"), 2.5F);
  EXPECT_EQ(events[1].scalars.at("train/learning_rate"), 1e-3F);
  EXPECT_EQ(events[1].scalars.at("train/tokens_per_second"), 300.0F);
  EXPECT_EQ(events[1].scalars.at("train/cells_per_second"), 10.0F);
  EXPECT_EQ(events[2].step, 300U);
  EXPECT_EQ(events[2].scalars,
            (std::map<std::string, float>{{"held_out/loss", 3.25F}, {"held_out/top1.mask", 0.125F}}));
  EXPECT_THAT(file.path().filename().string(),
              ::testing::MatchesRegex("events\\.out\\.tfevents\\.[0-9]+\\.biodta"));
}

TEST(TensorBoardFile, AResumedRunAddsAFileThatTakesOverFromItsFirstStep) {
  const testing::TemporaryFolder folder;
  TensorBoardFile first(folder.path());
  first.on_start({.unit = "tokens"});
  first.on_step(tensorboard_report(300));
  TensorBoardFile second(folder.path());
  second.on_start({.first_step = 200, .unit = "tokens"});
  ASSERT_NE(first.path(), second.path());
  const auto events = decode_file(second.path());
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].step, 201U);
  EXPECT_EQ(events[1].session_status, 1U);
  EXPECT_EQ(decode_file(first.path()).size(), 2U);
}

TEST(TensorBoardFile, ItsOwnReaderFindsTheSame) {
  const testing::TemporaryFolder folder;
  TensorBoardFile file(folder.path());
  file.on_start({.unit = "tokens"});
  for (const std::uint64_t step : {10U, 20U}) file.on_step(tensorboard_report(step));
  const auto printed = testing::run_python(
      "try:\n"
      "    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n"
      "except ImportError:\n"
      "    print('absent')\n"
      "else:\n"
      "    reader = EventAccumulator('" +
      folder.path().string() +
      "')\n"
      "    reader.Reload()\n"
      "    print([(e.step, e.value) for e in reader.Scalars('train/loss')])\n");
  if (!printed || printed->starts_with("absent")) GTEST_SKIP() << "Python's tensorboard is not installed";
  EXPECT_THAT(*printed, HasSubstr("[(10, 2.5), (20, 2.5)]"));
}

}  // namespace
}  // namespace biodta::training
