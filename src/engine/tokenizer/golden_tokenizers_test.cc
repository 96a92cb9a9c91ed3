#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = TWIN_SOURCE_DIR "/tests/golden/tokenizers";
const fs::path kData = TWIN_SOURCE_DIR "/../shared/data";
const fs::path kPublished = kData / "tokenizers";

using Ids = std::vector<TokenId>;

// A tokenizer that tests/golden/make_tokenizer_golden.py has made the ids of.
struct Golden {
  const char* name;
  fs::path file;  // without which it is skipped
  std::function<std::unique_ptr<Tokenizer>(const fs::path&)> read;
};
void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

std::unique_ptr<Tokenizer> read_json(const fs::path& file) {
  return read_tokenizer_json(read_file(file), file.string());
}
std::unique_ptr<Tokenizer> read_model(const fs::path& file) {
  return read_sentencepiece_model(read_file(file), file.string());
}
std::unique_ptr<Tokenizer> read_gpt2(const fs::path& folder) {
  VocabularyFiles files;
  files.vocab = read_file(folder / "gpt2.vocab");
  files.merges = read_file(folder / "gpt2.merges.txt");
  return read_vocabulary_files(files, folder.string());
}
std::unique_ptr<Tokenizer> read_qwen2(const fs::path& folder) {
  VocabularyFiles files;
  files.vocab = read_file(folder / "vocab.json");
  files.merges = read_file(folder / "merges.txt");
  files.added_tokens = read_file(folder / "added_tokens.json");
  files.config = read_file(folder / "tokenizer_config.json");
  return read_vocabulary_files(files, folder.string());
}

// Reading one takes longer than all else here: once a process.
const Tokenizer& tokenizer_of(const Golden& golden) {
  static std::map<std::string, std::unique_ptr<Tokenizer>> read;
  auto& tokenizer = read[golden.name];
  if (tokenizer == nullptr) tokenizer = golden.read(golden.file);
  return *tokenizer;
}

std::vector<Golden> published() {
  return {{"gpt2", kPublished / "gpt2", read_gpt2},
          {"qwen2", kPublished / "qwen2", read_qwen2},
          {"mistral", kPublished / "mistral/tokenizer.model.v1", read_model},
          {"t5", kPublished / "t5/tokenizer.json", read_json},
          {"bert", kPublished / "bert/all-minilm-l6-v2-tokenizer.json", read_json}};
}

std::vector<Golden> all() {
  std::vector<Golden> goldens = published();
  for (const char* name : {"llama3_like", "smollm_like", "roberta_like", "llama2_like",
                           "gemma_like", "unigram_like", "stages"}) {
    goldens.push_back({name, kGolden / (std::string(name) + ".json"), read_json});
  }
  for (const char* name : {"spm_bpe", "spm_bpe_suffix", "spm_unigram"}) {
    goldens.push_back({name, kGolden / (std::string(name) + ".model"), read_model});
  }
  goldens.push_back({"cl100k_base", kGolden / "cl100k_base.tiktoken", [](const fs::path& file) {
                       return read_tiktoken(read_file(file), "cl100k_base", file.string());
                     }});
  return goldens;
}

Json read_golden(const std::string& file) { return parse_json(read_file(kGolden / file), file); }

std::vector<std::string> hard_texts() {
  return read_golden("hard_texts.json").get<std::vector<std::string>>();
}

class GoldenTokenizer : public ::testing::TestWithParam<Golden> {};

TEST_P(GoldenTokenizer, HardTextsGiveThePackagesIdsAndComeBackAsThere) {
  if (!fs::exists(GetParam().file)) GTEST_SKIP() << GetParam().file << " is absent";
  const Tokenizer* tokenizer = &tokenizer_of(GetParam());
  const Json golden = read_golden(std::string(GetParam().name) + ".ids.json");
  const std::vector<std::string> texts = hard_texts();
  ASSERT_EQ(golden["plain"].size(), texts.size()) << "the golden file is older than the texts";
  for (size_t i = 0; i < texts.size(); ++i) {
    const Ids ids = golden["plain"][i].get<Ids>();
    EXPECT_EQ(tokenizer->encode(texts[i]), ids) << i << ": " << texts[i];
    const std::string decoded = golden["decoded"].value(std::to_string(i), texts[i]);
    EXPECT_EQ(tokenizer->decode(ids), decoded) << i << ": " << texts[i];
    if (!golden.contains("special")) continue;
    EncodeOptions options;
    options.add_special_tokens = options.parse_special = true;
    EXPECT_EQ(tokenizer->encode(texts[i], options), golden["special"][i].get<Ids>())
        << i << ": " << texts[i];
  }
}

// Each token's bytes, in the middle, are what it adds there.
TEST_P(GoldenTokenizer, TokenBytesAddUp) {
  if (!fs::exists(GetParam().file)) GTEST_SKIP() << GetParam().file << " is absent";
  const Tokenizer* tokenizer = &tokenizer_of(GetParam());
  if (std::string_view(GetParam().name) == "stages") GTEST_SKIP() << "the end of a word is a space";
  for (const std::string& text : hard_texts()) {
    const Ids ids = tokenizer->encode(text);
    if (ids.empty()) continue;
    std::string sum = tokenizer->decode(std::span(ids).first(1));
    if (sum.empty()) continue;
    for (size_t i = 1; i < ids.size(); ++i) sum += tokenizer->token_bytes(ids[i]);
    // Decoders that look at a whole text may still take from it.
    const std::string whole = tokenizer->decode(ids);
    if (sum.size() == whole.size()) {
      EXPECT_EQ(sum, whole);
    }
  }
}

TEST_P(GoldenTokenizer, GivesTheSameIdsFromItsContentsAndFromTheJsonOfThem) {
  if (!fs::exists(GetParam().file)) GTEST_SKIP() << GetParam().file << " is absent";
  const Tokenizer* tokenizer = &tokenizer_of(GetParam());
  TokenizerContents contents;
  try {
    contents = tokenizer->contents();
  } catch (const Error&) {
    GTEST_SKIP() << "has no form in GGUF";
  }
  const auto remade = make_tokenizer(contents, "contents");
  EXPECT_EQ(remade->contents(), contents);
  // GGUF has no word for what an added token takes along (rstrip) or stays out of (single_word).
  if (std::string_view(GetParam().name) == "roberta_like") return;
  if (contents.model == "t5") return;  // SentencePiece and the package differ in white space
  const auto exported = read_tokenizer_json(remade->json(), "json");
  for (const std::string& text : hard_texts()) {
    const Ids ids = tokenizer->encode(text);
    EXPECT_EQ(remade->encode(text), ids) << text;
    if (contents.treat_whitespace_as_suffix || !contents.precompiled_charsmap.empty()) continue;
    if (std::string_view(GetParam().name) == "spm_bpe") continue;  // user-defined tokens
    EXPECT_EQ(exported->encode(text), ids) << text;
    EXPECT_EQ(exported->decode(ids), remade->decode(ids)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(HuggingFace, GoldenTokenizer, ::testing::ValuesIn(all()),
                         [](const auto& tested) { return std::string(tested.param.name); });

// FNV-1a of the ids as 32-bit little-endian numbers.
uint32_t hash_of(const Ids& ids) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const TokenId id : ids) {
    for (int shift = 0; shift < 32; shift += 8) {
      hash = (hash ^ (static_cast<uint32_t>(id) >> shift & 0xff)) * 0x100000001b3;
    }
  }
  return static_cast<uint32_t>(hash);
}

class RealTexts : public ::testing::TestWithParam<Golden> {};

TEST_P(RealTexts, GiveThePackagesIds) {
  const fs::path authors = kData / "authors";
  if (!fs::exists(GetParam().file)) GTEST_SKIP() << GetParam().file << " is absent";
  if (!fs::exists(authors)) GTEST_SKIP() << authors << " is absent";
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(authors)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(authors).string());
  }
  std::sort(files.begin(), files.end());
  const Tokenizer* tokenizer = &tokenizer_of(GetParam());
  const Json golden = read_golden(std::string(GetParam().name) + ".authors.json");
  ASSERT_EQ(golden["files"], files.size()) << "the golden file is of other texts";
  const auto hashes = golden["hashes"].get<std::string>();
  size_t tokens = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    const Ids ids = tokenizer->encode(read_file(authors / files[i]));
    tokens += ids.size();
    EXPECT_EQ(hash_of(ids), std::stoul(hashes.substr(8 * i, 8), nullptr, 16)) << files[i];
  }
  EXPECT_EQ(golden["tokens"], tokens);
}

INSTANTIATE_TEST_SUITE_P(HuggingFace, RealTexts, ::testing::ValuesIn(published()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace twin
