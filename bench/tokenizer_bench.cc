// How fast text becomes ids on one core, in MB/s of text: real posts, joined. Results are checked
// first: the ids come back as the text, or as what the package's golden ids say for it.
//
//   tokenizer_bench [FOLDER of .md and .markdown files] (default: ../shared/data/authors/haack)
//
// One JSON line a tokenizer. bench/peers/tokenizer_peers.py measures other packages on the same
// text.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"

namespace {

using namespace twin;
namespace fs = std::filesystem;

constexpr int kRounds = 7;

std::string text_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension().string().starts_with(".m")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) text += read_file(file);
  return text;
}

void measure(const std::string& name, const fs::path& path, const std::string& text) {
  const auto start_of_load = std::chrono::steady_clock::now();
  const auto tokenizer = load_tokenizer(path);
  const auto since = [](auto start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double load = since(start_of_load);
  const std::vector<TokenId> ids = tokenizer->encode(text);  // the warm-up as well
  const std::string decoded = tokenizer->decode(ids);
  const bool lossless = name == "gpt2" || name == "mistral";
  TWIN_CHECK(!lossless || decoded == text, name);
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    TWIN_CHECK(tokenizer->encode(text).size() == ids.size());
    rates.push_back(static_cast<double>(text.size()) / since(start) / 1e6);
  }
  std::sort(rates.begin(), rates.end());
  fmt::print("{}\n", dump_json(Json{{"benchmark", "tokenizer"},
                                    {"tokenizer", name},
                                    {"bytes", text.size()},
                                    {"tokens", ids.size()},
                                    {"load_ms", load * 1e3},
                                    {"threads", 1},
                                    {"mb_per_s", rates[kRounds / 2]},
                                    {"mb_per_s_min", rates.front()},
                                    {"mb_per_s_max", rates.back()}}));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const fs::path shared = TWIN_SOURCE_DIR "/../shared/data";
    const std::string text = text_of(argc > 1 ? argv[1] : (shared / "authors/haack").string());
    for (const auto& [name, path] : {std::pair{"gpt2", "gpt2"},
                                     {"qwen2", "qwen2"},
                                     {"mistral", "mistral/tokenizer.model.v1"},
                                     {"t5", "t5/tokenizer.json"},
                                     {"bert", "bert/all-minilm-l6-v2-tokenizer.json"}}) {
      measure(name, shared / "tokenizers" / path, text);
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.code());
  }
}
