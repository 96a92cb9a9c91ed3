#include "engine/generate/generate.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/generate/byte_tokenizer.h"

namespace twin {
namespace {

const DecoderConfig kConfig = {.vocab_size = 257,
                               .hidden_size = 8,
                               .intermediate_size = 16,
                               .num_hidden_layers = 1,
                               .num_attention_heads = 2,
                               .num_key_value_heads = 1,
                               .head_dim = 4,
                               .max_position_embeddings = 40};

struct Model {
  Model() : weights(kConfig) { initialize(weights, 1); }
  QuietContext context;
  DecoderWeights weights;
  Decoder decoder{context, kernels::choose_kernels("scalar"), weights.tensors()};
  ByteTokenizer tokenizer;
};

TEST(Generate, PromptBeyondTheModelIsAnErrorWithTheNumbers) {
  Model model;
  SamplingOptions options;
  options.max_new_tokens = 37;
  const std::vector<int32_t> prompt = {1, 2, 3, 4};
  try {
    generate(model.context, model.decoder, prompt, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("4 prompt tokens and up to 37"), std::string::npos);
  }
  options.max_new_tokens = 36;
  const Generation all = generate(model.context, model.decoder, prompt, options);
  EXPECT_EQ(all.ids.size(), 36u);
  EXPECT_EQ(all.reason, FinishReason::kLength);
  const Generation same = generate(model.context, model.decoder, prompt, options);
  EXPECT_EQ(all.ids, same.ids) << "same seed, same text";
}

TEST(Generate, StopStringEndsTheTextBeforeIt) {
  Model model;
  GenerationRequest request;
  request.prompt = {1, 2, 3};
  request.sampling.max_new_tokens = 30;
  request.sampling.logit_bias = {{256, -1e9f}};
  request.tokenizer = &model.tokenizer;
  const Generation whole = generate(model.context, model.decoder, request);
  ASSERT_EQ(whole.text.size(), 30u);
  request.sampling.stop_strings = {whole.text.substr(11, 3)};
  std::string told;
  request.on_text = [&](std::string_view piece) {
    told += piece;
    return true;
  };
  const Generation stopped = generate(model.context, model.decoder, request);
  EXPECT_EQ(stopped.text, whole.text.substr(0, whole.text.find(request.sampling.stop_strings[0])));
  EXPECT_EQ(told, stopped.text);
  EXPECT_EQ(stopped.reason, FinishReason::kStopString);
  EXPECT_TRUE(stopped.stopped);
}

TEST(Generate, CallbackStopsIt) {
  Model model;
  GenerationRequest request;
  request.prompt = {7};
  request.sampling.max_new_tokens = 30;
  size_t seen = 0;
  request.on_token = [&](int32_t) { return ++seen < 3; };
  const Generation generation = generate(model.context, model.decoder, request);
  EXPECT_EQ(generation.ids.size(), 3u);
  EXPECT_EQ(generation.reason, FinishReason::kCancelled);
}

}  // namespace
}  // namespace twin
