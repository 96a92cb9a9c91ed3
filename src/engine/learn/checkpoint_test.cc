#include "engine/learn/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class Checkpoint : public ::testing::Test {
 protected:
  Checkpoint()
      : folder_(fs::path(::testing::TempDir()) /
                ("twin_checkpoint_test." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    save_checkpoint(file_, "key", position_, parameters_, adamw_);
  }
  ~Checkpoint() override { fs::remove_all(folder_); }

  std::optional<TrainingPosition> load(const std::string& key = "key") {
    return load_checkpoint(file_, key, loaded_, loaded_adamw_);
  }
  // Not atomically: thousands of waits for the disk would be the test's whole time.
  void replace_by(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary) << bytes;
  }
  bool nothing_changed() const {
    return loaded_ == std::vector<float>(5) && loaded_adamw_.m.empty() && loaded_adamw_.step == 0;
  }

  fs::path folder_;
  fs::path file_ = folder_ / "checkpoint.safetensors";
  TrainingPosition position_{12, 3, {1, UINT64_MAX, 0, uint64_t{1} << 63}};
  std::vector<float> parameters_ = {1, 2, -0.0f, 4, 1e-40f};
  AdamWState adamw_{34, {5, 6, 7, 8, 9}, {10, 11, 12, 13, 14}};
  std::vector<float> loaded_ = std::vector<float>(5);
  AdamWState loaded_adamw_;
};

TEST_F(Checkpoint, WhatWasSavedIsLoaded) {
  const auto position = load();
  ASSERT_TRUE(position);
  EXPECT_EQ(position->step, 12u);
  EXPECT_EQ(position->next_batch, 3u);
  EXPECT_EQ(position->random, position_.random);
  EXPECT_TRUE(
      std::ranges::equal(std::as_bytes(std::span(loaded_)), std::as_bytes(std::span(parameters_))));
  EXPECT_EQ(loaded_adamw_.step, 34u);
  EXPECT_EQ(loaded_adamw_.m, adamw_.m);
  EXPECT_EQ(loaded_adamw_.v, adamw_.v);
}

TEST_F(Checkpoint, AnotherRunsIsNone) {
  EXPECT_FALSE(load("another key"));
  EXPECT_FALSE(load(""));
  std::vector<float> more(6);
  EXPECT_FALSE(load_checkpoint(file_, "key", more, loaded_adamw_));
  EXPECT_FALSE(load_checkpoint(folder_ / "missing", "key", loaded_, loaded_adamw_));
  EXPECT_TRUE(nothing_changed());
}

TEST_F(Checkpoint, CutAnywhereItIsRefused) {
  const std::string whole = read_file(file_);
  for (size_t size = 0; size < whole.size(); ++size) {
    replace_by(whole.substr(0, size));
    try {
      load();
      ADD_FAILURE() << size;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
    }
  }
  EXPECT_TRUE(nothing_changed());
}

// A flipped bit makes it damaged, or (in the key, say) another run's: never is it gone on from.
TEST_F(Checkpoint, NoFlippedBitGoesUnnoticed) {
  const std::string whole = read_file(file_);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
    replace_by(flipped);
    try {
      ASSERT_FALSE(load()) << "byte " << i << " of " << whole.size();
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
    }
    ASSERT_TRUE(nothing_changed()) << "byte " << i;
  }
}

}  // namespace
}  // namespace twin
