#include "engine/model/encoder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/model/parameter_block.h"
#include "engine/model/reference_encoder.h"

namespace twin {
namespace {

EncoderConfig small_config() {
  return {.vocab_size = 50,
          .hidden_size = 64,
          .intermediate_size = 96,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .max_position_embeddings = 90,
          .type_vocab_size = 2,
          .num_labels = 3};
}

EncoderTensors random_tensors(const EncoderConfig& config, uint64_t seed) {
  EncoderTensors tensors;
  tensors.config = config;
  Random random(seed);
  for (const TensorSlot& slot : tensor_slots(tensors)) {
    const size_t count = slot.shape[0] * (slot.matrix == nullptr ? 1 : slot.shape[1]);
    const std::shared_ptr<float[]> block = make_float_block(count);
    const bool scales = slot.name.ends_with("LayerNorm.weight");
    const double width = slot.matrix == nullptr || slot.name.starts_with("embeddings")
                             ? 0.3
                             : 1 / std::sqrt(static_cast<double>(slot.shape[1]));
    for (size_t i = 0; i < count; ++i) {
      block[i] = static_cast<float>((scales ? 1 : 0) + width * random.normal());
    }
    if (slot.matrix != nullptr) {
      *slot.matrix = {DType::kF32, slot.shape[0], slot.shape[1], block.get()};
    } else {
      *slot.vector = {block.get(), count};
    }
    tensors.owners.push_back(block);
  }
  return tensors;
}

struct Texts {
  std::vector<int32_t> tokens, types;
  std::vector<uint32_t> lengths;

  explicit Texts(std::vector<uint32_t> all, uint64_t seed = 5) : lengths(std::move(all)) {
    Random random(seed);
    for (const uint32_t length : lengths) {
      for (uint32_t t = 0; t < length; ++t) {
        tokens.push_back(static_cast<int32_t>(random.below(50)));
        types.push_back(t > length / 2 ? 1 : 0);
      }
    }
  }
  EncoderBatch batch() const { return {tokens, types, lengths}; }
};

double cosine(std::span<const float> a, const std::vector<double>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

class EachEncoder : public ::testing::TestWithParam<const kernels::Kernels*> {};

TEST_P(EachEncoder, ForwardAndLogitsEqualTheReference) {
  QuietContext context(2);
  for (const EncoderAct act : {EncoderAct::kGelu, EncoderAct::kGeluTanh}) {
    EncoderConfig config = small_config();
    config.hidden_act = act;
    const EncoderTensors tensors = random_tensors(config, 1);
    const Encoder encoder(context, *GetParam(), tensors);
    const ReferenceEncoder reference(tensors);
    const Texts texts({7, 1, 80, 33});
    const size_t C = config.hidden_size;
    std::vector<float> hidden(texts.tokens.size() * C), logits(texts.lengths.size() * 3);
    encoder.forward(texts.batch(), hidden);
    encoder.logits(texts.batch(), hidden, logits);
    size_t first = 0;
    for (size_t i = 0; i < texts.lengths.size(); ++i) {
      const auto begin = static_cast<ptrdiff_t>(first), end = begin + texts.lengths[i];
      const auto rows =
          reference.forward({texts.tokens.begin() + begin, texts.tokens.begin() + end},
                            {texts.types.begin() + begin, texts.types.begin() + end});
      for (size_t t = 0; t < rows.size(); ++t) {
        for (size_t c = 0; c < C; ++c) {
          ASSERT_NEAR(hidden[(first + t) * C + c], rows[t][c], 2e-5) << i << ' ' << t << ' ' << c;
        }
      }
      const auto expected = reference.logits(rows);
      for (size_t label = 0; label < 3; ++label) {
        EXPECT_NEAR(logits[i * 3 + label], expected[label], 2e-5);
      }
      first += rows.size();
    }
  }
}

TEST_P(EachEncoder, LowerPrecisionStaysNear) {
  QuietContext context(2);
  const EncoderTensors tensors = random_tensors(small_config(), 2);
  const ReferenceEncoder reference(tensors);
  const Texts texts({40});
  const auto rows = reference.forward(texts.tokens, texts.types);
  for (const auto& [compute, least] :
       {std::pair{EncoderCompute::kBf16, 0.99999}, std::pair{EncoderCompute::kInt8, 0.999}}) {
    const Encoder encoder(context, *GetParam(), tensors, compute);
    std::vector<float> hidden(texts.tokens.size() * 64);
    encoder.forward(texts.batch(), hidden);
    for (size_t t = 0; t < rows.size(); ++t) {
      EXPECT_GT(cosine(std::span(hidden).subspan(t * 64, 64), rows[t]), least);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EachEncoder, ::testing::ValuesIn(kernels::available_kernels()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST(Encoder, ATextsRowsDependNeitherOnItsBatchNorOnThreads) {
  const kernels::Kernels& kernels = kernels::choose_kernels("");
  const EncoderTensors tensors = random_tensors(small_config(), 3);
  const Texts all({20, 5, 64, 90, 11});
  for (const EncoderCompute compute :
       {EncoderCompute::kF32, EncoderCompute::kBf16, EncoderCompute::kInt8}) {
    QuietContext one(1), three(3);
    const Encoder together(three, kernels, tensors, compute), alone(one, kernels, tensors, compute);
    std::vector<float> hidden(all.tokens.size() * 64);
    together.forward(all.batch(), hidden);
    size_t first = 0;
    for (const uint32_t length : all.lengths) {
      std::vector<float> own(length * 64);
      alone.forward({std::span(all.tokens).subspan(first, length),
                     std::span(all.types).subspan(first, length),
                     {&length, 1}},
                    own);
      for (size_t i = 0; i < own.size(); ++i) ASSERT_EQ(own[i], hidden[first * 64 + i]);
      first += length;
    }
  }
}

TEST(Encoder, RefusesWhatTheModelDoesNotTake) {
  QuietContext context(1);
  const Encoder encoder(context, kernels::choose_kernels(""), random_tensors(small_config(), 3));
  const auto run = [&](std::vector<int32_t> tokens, std::vector<int32_t> types) {
    const auto length = static_cast<uint32_t>(tokens.size());
    std::vector<float> hidden(tokens.size() * 64);
    encoder.forward({tokens, types, {&length, 1}}, hidden);
  };
  EXPECT_THROW(run({1, 50}, {}), Error);
  EXPECT_THROW(run({1, -1}, {}), Error);
  EXPECT_THROW(run({1, 1}, {0, 2}), Error);
  EXPECT_THROW(run(std::vector<int32_t>(91, 1), {}), Error);
  run({}, {});
  run({1, 49}, {1, 0});
}

}  // namespace
}  // namespace twin
