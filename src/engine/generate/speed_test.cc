#include "engine/generate/speed.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "base/error.h"
#include "engine/formats/model_folder.h"
#include "engine/generate/perplexity.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class SpeedTest : public testing::Test {
 protected:
  SpeedTest() {
    config_.vocab_size = 50;
    config_.hidden_size = 16;
    config_.intermediate_size = 32;
    config_.num_hidden_layers = 2;
    config_.num_attention_heads = 2;
    config_.num_key_value_heads = 1;
    config_.head_dim = 8;
    config_.max_position_embeddings = 64;
    weights_.emplace(config_);
    initialize(*weights_, 1);
    fs::create_directories(folder_);
    save_weights(folder_, *weights_);
  }
  ~SpeedTest() override { fs::remove_all(folder_); }

  DecoderConfig config_;
  std::optional<DecoderWeights> weights_;
  fs::path folder_ = fs::temp_directory_path() / ("twin_speed_" + std::to_string(::getpid()));
  QuietContext context_{2};
  const kernels::Kernels& kernels_ = kernels::choose_kernels("");
};

TEST_F(SpeedTest, MeasuresEveryRate) {
  const GenerationSpeed speed = measure_generation(context_, kernels_, folder_, {20, 5, 3, 2});
  EXPECT_EQ(speed.dtype, "F32");
  EXPECT_EQ(speed.weight_bytes, 4 * parameter_count(config_));
  for (const Rate& rate : {speed.prefill, speed.decode, speed.batch_decode}) {
    EXPECT_GT(rate.lowest, 0);
    EXPECT_LE(rate.lowest, rate.median);
    EXPECT_LE(rate.median, rate.highest);
  }
  EXPECT_GT(speed.peak_bytes, speed.weight_bytes);
  EXPECT_GE(speed.first_token_seconds, speed.load_seconds);
  // The embedding is not the output matrix here: of it one row is read, of the cache 22 positions.
  const auto read =
      static_cast<double>(speed.weight_bytes - 4 * 50 * 16 + KvCache::bytes(config_, 20 + 5 / 2));
  EXPECT_EQ(speed.read_bytes_per_token, read);
}

TEST_F(SpeedTest, RefusesMoreThanTheModelTakes) {
  EXPECT_THROW(measure_generation(context_, kernels_, folder_, {60, 5, 0, 1}), Error);
}

TEST_F(SpeedTest, PerplexityCountsTheSecondHalvesOfWholeWindows) {
  Decoder decoder(context_, kernels_, open_model(folder_));
  std::vector<int32_t> ids(37);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i * 11 % 50);
  PerplexityOptions options;
  options.window = 16;
  const Perplexity result = measure_perplexity(context_, decoder, ids, options);
  EXPECT_EQ(result.windows, 2u);
  EXPECT_EQ(result.tokens, 2u * 7);
  EXPECT_EQ(result.tokens_left_out, 5u);

  double sum = 0;  // the same, a window at a time and with all logits
  for (size_t w = 0; w < 2; ++w) {
    const std::span<const int32_t> window(ids.data() + 16 * w, 16);
    const Segment segment{16};
    std::vector<float> hidden(16 * 16), logits(16 * 50);
    decoder.forward({window, {&segment, 1}}, hidden);
    decoder.logits(hidden, logits);
    for (size_t i = 8; i < 15; ++i) {
      double total = 0;
      for (size_t v = 0; v < 50; ++v) total += std::exp(logits[i * 50 + v]);
      sum += std::log(total) - logits[i * 50 + static_cast<size_t>(window[i + 1])];
    }
  }
  EXPECT_NEAR(result.perplexity, std::exp(sum / 14), 1e-4 * result.perplexity);
}

TEST_F(SpeedTest, PerplexityRefusesLessThanAWindow) {
  Decoder decoder(context_, kernels_, open_model(folder_));
  const std::vector<int32_t> ids(10, 1);
  PerplexityOptions options;
  options.window = 16;
  EXPECT_THROW(measure_perplexity(context_, decoder, ids, options), Error);
  options.window = 1000;
  EXPECT_THROW(measure_perplexity(context_, decoder, ids, options), Error);
}

}  // namespace
}  // namespace twin
