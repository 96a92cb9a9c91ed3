#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/tokenizer/read_tokenizer.h"

namespace twin {
namespace {

const std::filesystem::path kTok512 =
    TWIN_SOURCE_DIR "/../shared/data/models/stories260K/tok512.bin";

template <class T>
std::string bytes_of(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string entry(float score, const std::string& piece) {
  return bytes_of(score) + bytes_of(static_cast<int32_t>(piece.size())) + piece;
}

// <unk>, <s>, </s>, the 256 bytes as sentencepiece names them, then `pieces`, likelier first.
std::string file_of(const std::vector<std::string>& pieces) {
  std::string file = bytes_of(int32_t{27});
  for (const char* special : {"<unk>", "\n<s>\n", "\n</s>\n"}) file += entry(0, special);
  for (int byte = 0; byte < 256; ++byte) {
    const char* digits = "0123456789ABCDEF";
    file += entry(0, std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">");
  }
  float score = 0;
  for (const std::string& piece : pieces) file += entry(score--, piece);
  return file;
}

TEST(Llama2cTokenizer, LikeliestPairIsMergedFirst) {
  const auto tokenizer = read_llama2c_tokenizer(file_of({"bc", "ab", " ", "a", "b", "c"}), "file");
  const auto id = [](int piece) { return 259 + piece; };
  EXPECT_EQ(tokenizer->encode("abc"), (std::vector<TokenId>{id(2), id(3), id(0)}));
  EXPECT_EQ(tokenizer->encode("ab"), (std::vector<TokenId>{id(2), id(1)}));
  EXPECT_EQ(tokenizer->encode("\x01"), (std::vector<TokenId>{id(2), 3 + 1})) << "a byte";
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(" abc")), " abc");
}

void expect_any_bytes_come_back(const Tokenizer& tokenizer) {
  Random random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    const size_t length = random.below(40);
    while (text.size() < length) {
      const char* likely = "etaoin shrdlu <0xFF>é\n";
      text += random.below(2) == 0 ? likely[random.below(std::strlen(likely))]
                                   : static_cast<char>(random.below(256));
    }
    ASSERT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(Llama2cTokenizer, AnyBytesComeBack) {
  expect_any_bytes_come_back(*read_llama2c_tokenizer(file_of({" ", "e", "t", "et"}), "file"));
  expect_any_bytes_come_back(*read_llama2c_tokenizer(file_of({"e", "é"}), "without a space"));
  // Pieces that look like the bytes' own names, and text that looks like them.
  std::string names = file_of({"<", "0", "x", "F", ">", "<0", "xF", "F>", "<0xF", "<0xFF>e"});
  expect_any_bytes_come_back(*read_llama2c_tokenizer(names, "names"));
}

TEST(Llama2cTokenizer, AnyBytesComeBackFromARealOne) {
  if (!std::filesystem::exists(kTok512)) GTEST_SKIP() << kTok512 << " is absent";
  const auto tokenizer = read_llama2c_tokenizer(read_file(kTok512), kTok512.string());
  EXPECT_EQ(tokenizer->vocab_size(), 512u);
  expect_any_bytes_come_back(*tokenizer);
}

TEST(Llama2cTokenizer, FileThatIsNotOneIsRefusedByName) {
  const std::string sound = file_of({"a", "bc"});
  ASSERT_NO_THROW(read_llama2c_tokenizer(sound, "sound"));
  std::vector<std::string> files = {"", "abc", bytes_of(int32_t{-1}), bytes_of(int32_t{27})};
  for (size_t cut : {1, 2, 3, 5, 9, 11, 3000}) files.push_back(sound.substr(0, sound.size() - cut));
  files.push_back(bytes_of(INT32_MAX) + bytes_of(0.0f) + bytes_of(INT32_MAX) + "not that much");
  files.push_back(bytes_of(int32_t{27}) + entry(0, "more than the 27 bytes it says are most"));
  files.push_back(bytes_of(int32_t{27}) + bytes_of(0.0f) + bytes_of(int32_t{-5}) + "12345");
  for (const std::string& file : files) {
    try {
      read_llama2c_tokenizer(file, "some/tok.bin");
      ADD_FAILURE() << file.size() << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_EQ(std::string(error.what()).find("some/tok.bin: "), 0u) << error.what();
    }
  }
}

}  // namespace
}  // namespace twin
