#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/tokenizer/bpe_trainer.h"
#include "engine/tokenizer/read_tokenizer.h"

namespace twin {
namespace {

const std::filesystem::path kGolden = TWIN_SOURCE_DIR "/tests/golden";
const std::filesystem::path kTokenizers = TWIN_SOURCE_DIR "/../shared/data/tokenizers";

Json golden(const char* name) { return parse_json(read_file(kGolden / name), name); }

// The ids were made by tests/golden/make_tokenizer_golden.py.
void expect_the_ids_of(const char* golden_name, const Tokenizer& tokenizer) {
  const auto texts = golden("tokenizer_texts.json").get<std::vector<std::string>>();
  const auto ids = golden(golden_name)["ids"].get<std::vector<std::vector<TokenId>>>();
  ASSERT_EQ(texts.size(), ids.size()) << "the golden file is older than the texts";
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer.encode(texts[i]), ids[i]) << texts[i];
    EXPECT_EQ(tokenizer.decode(ids[i]), texts[i]);
  }
}

// The two files GPT-2 was published as, in one as Hugging Face published it: without a model type.
std::string gpt2_tokenizer_json(const std::filesystem::path& folder) {
  Json merges = Json::array();
  const std::string lines = read_file(folder / "gpt2.merges.txt");
  for (size_t begin = lines.find('\n') + 1, end; begin < lines.size(); begin = end + 1) {
    end = std::min(lines.find('\n', begin), lines.size());
    if (end > begin) merges.push_back(lines.substr(begin, end - begin));
  }
  const Json json = {
      {"added_tokens",
       {{{"id", 50256}, {"content", "<|endoftext|>"}, {"normalized", true}, {"special", true}}}},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
      {"model",
       {{"continuing_subword_prefix", ""},
        {"end_of_word_suffix", ""},
        {"vocab", parse_json(read_file(folder / "gpt2.vocab"), "gpt2.vocab")},
        {"merges", merges}}}};
  return dump_json(json);
}

TEST(HuggingFace, Gpt2GivesItsIds) {
  if (!std::filesystem::exists(kTokenizers)) GTEST_SKIP() << kTokenizers << " is absent";
  const auto tokenizer = read_tokenizer_json(gpt2_tokenizer_json(kTokenizers / "gpt2"), "gpt2");
  EXPECT_EQ(tokenizer->vocab_size(), 50257u);
  EXPECT_EQ(tokenizer->eos_token_id(), 50256);
  expect_the_ids_of("tokenizer_gpt2.json", *tokenizer);
}

TEST(HuggingFace, TrainedTokenizerGivesItsIds) {
  expect_the_ids_of("tokenizer_trained.json",
                    *read_tokenizer_json(read_file(kGolden / "trained_tokenizer.json"), "trained"));
}

// Where this fails because the trainer was meant to change, copy the file it names over the golden
// one and run make_tokenizer_golden.py.
TEST(HuggingFace, TrainerWritesWhatItWrote) {
  const auto texts = golden("tokenizer_texts.json").get<std::vector<std::string>>();
  QuietContext context;
  BpeTrainerOptions options;
  options.vocab_size = 512;
  options.special_tokens = {"<|end|>", "<|user|>"};
  const std::string trained = train_byte_level_bpe(context, {texts.begin(), texts.end()}, options);
  if (trained == read_file(kGolden / "trained_tokenizer.json")) return;
  const auto file = std::filesystem::path(::testing::TempDir()) /
                    ("trained_tokenizer_" + std::to_string(::getpid()) + ".json");
  write_file_atomic(file, trained);
  FAIL() << "trained now: " << file;
}

}  // namespace
}  // namespace twin
