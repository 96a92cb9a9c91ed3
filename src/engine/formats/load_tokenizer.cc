#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/gguf.h"
#include "engine/formats/gguf_tokenizer.h"
#include "engine/formats/model_folder.h"
#include "engine/tokenizer/read_tokenizer.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxTokenizerBytes = uint64_t{256} << 20;

std::string read(const fs::path& file) { return read_file(file, kMaxTokenizerBytes); }
std::string read_if_there(const fs::path& file) {
  return fs::exists(file) ? read(file) : std::string();
}

// Llama 3 was published with tiktoken's ranks in a file of SentencePiece's name: "IQ== 0".
bool looks_like_ranks(const std::string& bytes) {
  const size_t line = bytes.substr(0, 200).find('\n');
  const size_t space = bytes.find(' ');
  if (line == std::string::npos || space == std::string::npos || space > line) return false;
  const bool digits = bytes.find_first_not_of("0123456789\r", space + 1) == line;
  return space % 4 == 0 && digits;
}

std::unique_ptr<Tokenizer> read_file_of_any_kind(const fs::path& file) {
  if (is_gguf(file)) {
    return make_tokenizer(read_gguf_tokenizer(GgufFile(file).metadata()), file.string());
  }
  const std::string bytes = read(file), where = file.string(), name = file.filename().string();
  const fs::path folder = file.parent_path();
  if (name.ends_with(".bin")) return read_llama2c_tokenizer(bytes, where);
  if (name.ends_with(".tiktoken")) return read_tiktoken(bytes, file.stem().string(), where);
  if (name.ends_with(".txt")) {
    return read_bert_vocabulary(bytes, where, read_if_there(folder / "tokenizer_config.json"));
  }
  if (name.find(".model") != std::string::npos) {
    if (looks_like_ranks(bytes)) return read_tiktoken(bytes, "llama3", where);
    return read_sentencepiece_model(bytes, where);
  }
  return read_tokenizer_json(bytes, where, read_if_there(folder / "tokenizer_config.json"));
}

// The names of a folder's vocabulary and merges.
std::optional<std::pair<const char*, const char*>> find_vocabulary(const fs::path& folder) {
  for (const auto& [vocab, merges] :
       {std::pair{"vocab.json", "merges.txt"}, {"gpt2.vocab", "gpt2.merges.txt"}}) {
    if (fs::exists(folder / vocab) && fs::exists(folder / merges)) return {{vocab, merges}};
  }
  return std::nullopt;
}

// A folder's tokenizer where it is one file.
std::optional<fs::path> find_file(const fs::path& folder) {
  for (const char* name :
       {"tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}) {
    if (fs::exists(folder / name)) return folder / name;
  }
  if (!find_vocabulary(folder) && fs::exists(folder / "vocab.txt")) return folder / "vocab.txt";
  return std::nullopt;
}

}  // namespace

bool has_tokenizer(const fs::path& path) {
  if (fs::is_directory(path)) {
    return find_file(path).has_value() || find_vocabulary(path).has_value();
  }
  if (!is_gguf(path)) return false;
  const std::string model = GgufFile(path).metadata().text_or("tokenizer.ggml.model", "no_vocab");
  return model != "no_vocab";
}

std::shared_ptr<const Tokenizer> load_tokenizer(const fs::path& path) {
  if (!fs::is_directory(path)) return read_file_of_any_kind(path);
  if (const auto file = find_file(path)) return read_file_of_any_kind(*file);
  if (const auto found = find_vocabulary(path)) {
    VocabularyFiles files;
    files.vocab = read(path / found->first);
    files.merges = read(path / found->second);
    files.added_tokens = read_if_there(path / "added_tokens.json");
    files.config = read_if_there(path / "tokenizer_config.json");
    return read_vocabulary_files(files, path.string());
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: no tokenizer.json, tokenizer.model, vocab.json with merges.txt or "
                          "vocab.txt",
                          path.string()));
}

}  // namespace twin
