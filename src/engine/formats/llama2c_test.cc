#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

using Header = std::array<int32_t, 7>;  // dim, hidden_dim, layers, heads, kv_heads, vocab, seq_len
constexpr Header kTiny = {8, 12, 2, 2, 1, -10, 5};

size_t floats_of(const Header& h) {
  const size_t D = 8, I = 12, L = 2, K = 4, V = 10;
  return V * D + L * (2 * D + 2 * D * D + 2 * K * D + 3 * I * D) + D + 5 * 4 +
         (h[5] < 0 ? V * D : 0);
}

// A checkpoint whose floats are 0, 1, 2, ...
std::string file_of(const Header& header, size_t floats) {
  std::vector<float> values(floats);
  std::iota(values.begin(), values.end(), 0.0f);
  std::string file(reinterpret_cast<const char*>(header.data()), sizeof header);
  return file.append(reinterpret_cast<const char*>(values.data()), floats * sizeof(float));
}

class Llama2c : public ::testing::Test {
 protected:
  Llama2c()
      : file_(fs::path(::testing::TempDir()) /
              ("twin_llama2c_test." + std::to_string(::getpid()) + ".bin")) {}
  ~Llama2c() override { fs::remove(file_); }
  DecoderWeights load(const std::string& bytes) {
    write_file_atomic(file_, bytes);
    return load_weights(file_);
  }
  void expect_refused(const std::string& bytes, const char* why) {
    try {
      load(bytes);
      ADD_FAILURE() << "accepted: " << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << why;
      EXPECT_EQ(std::string(error.what()).find(file_.string()), 0u) << error.what();
    }
  }
  fs::path file_;
};

TEST_F(Llama2c, TensorsComeInTheOrderOfItsExport) {
  const DecoderWeights weights = load(file_of(kTiny, floats_of(kTiny)));
  EXPECT_EQ(weights.config().head_dim, 4u);
  EXPECT_EQ(weights.config().vocab_size, 10u);
  EXPECT_EQ(weights.config().max_position_embeddings, 5u);
  EXPECT_FALSE(weights.config().tie_word_embeddings);
  EXPECT_EQ(weights.embed_tokens()[79], 79);
  EXPECT_EQ(weights.layer(0).input_layernorm[0], 80);
  EXPECT_EQ(weights.layer(1).input_layernorm[0], 88) << "tensor by tensor, not layer by layer";
  EXPECT_EQ(weights.layer(0).v_proj[0], 96 + 2 * 64 + 2 * 32);
  EXPECT_EQ(weights.layer(0).o_proj[0], 96 + 2 * 64 + 4 * 32);
  EXPECT_EQ(weights.layer(0).down_proj[0] - weights.layer(0).gate_proj[0], 2 * 96);
  EXPECT_EQ(weights.layer(0).up_proj[0] - weights.layer(0).down_proj[0], 2 * 96);
  EXPECT_EQ(weights.norm()[0] - weights.layer(1).up_proj[95], 1);
  EXPECT_EQ(weights.lm_head()[0] - weights.norm()[7], 1 + 5 * 4) << "old tables are left out";
}

// Rows (0, 1), (2, 3) that llama2.c turns together are rows (0, 2), (1, 3) here.
TEST_F(Llama2c, RowsOfQueriesAndKeysArePairedOurWay) {
  const DecoderWeights weights = load(file_of(kTiny, floats_of(kTiny)));
  for (const auto& rows : {weights.layer(0).q_proj, weights.layer(1).k_proj}) {
    const float first = rows[0];
    EXPECT_EQ(rows[8] - first, 16);
    EXPECT_EQ(rows[16] - first, 8);
    EXPECT_EQ(rows[24] - first, 24);
  }
}

TEST_F(Llama2c, PositiveVocabularyMeansTiedEmbeddings) {
  Header tied = kTiny;
  tied[5] = 10;
  const DecoderWeights weights = load(file_of(tied, floats_of(tied)));
  EXPECT_TRUE(weights.config().tie_word_embeddings);
  EXPECT_EQ(weights.lm_head().data(), weights.embed_tokens().data());
}

TEST_F(Llama2c, FileCutShortIsRefused) {
  const std::string whole = file_of(kTiny, floats_of(kTiny));
  for (size_t size : {size_t{0}, size_t{1}, size_t{27}, size_t{28}, size_t{29}, whole.size() / 2,
                      whole.size() - 4 * 80, whole.size() - 4, whole.size() - 1}) {
    expect_refused(whole.substr(0, size), std::to_string(size).c_str());
  }
}

TEST_F(Llama2c, HeaderThatIsNotOneIsRefused) {
  const auto with = [](size_t field, int32_t value) {
    Header header = kTiny;
    header[field] = value;
    return file_of(header, floats_of(kTiny));
  };
  for (size_t field : {0, 1, 2, 3, 4, 6}) {
    for (int32_t value : {0, -1, INT32_MIN, INT32_MAX}) {
      expect_refused(with(field, value), "a size that is none");
    }
  }
  expect_refused(with(5, 0), "no vocabulary");
  expect_refused(with(5, INT32_MIN), "a vocabulary whose size has no positive");
  expect_refused(with(5, INT32_MAX), "a vocabulary larger than the file");
  expect_refused(with(3, 3), "heads that do not divide dim");
  expect_refused(with(4, 3), "key-value heads that do not divide the heads");
  expect_refused(with(3, 8), "heads of an odd size");
  expect_refused(with(0, 0x616b3432), "version 1's magic number");
  expect_refused("GGUF" + std::string(100, '\1'), "another format");
}

}  // namespace
}  // namespace twin
