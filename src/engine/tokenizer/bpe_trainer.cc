#include "engine/tokenizer/bpe_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <queue>
#include <unordered_map>

#include "base/error.h"
#include "base/json.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/word_scanner.h"

namespace twin {
namespace {

using Pair = std::pair<TokenId, TokenId>;

struct PairHash {
  size_t operator()(const Pair& pair) const {
    const uint64_t mixed = (static_cast<uint64_t>(static_cast<uint32_t>(pair.first)) << 32 |
                            static_cast<uint32_t>(pair.second)) *
                           0x9e3779b97f4a7c15;
    return mixed ^ (mixed >> 29);
  }
};

// One distinct piece of the texts and how often it occurs.
struct Word {
  std::vector<TokenId> ids;
  int64_t count = 0;
};

struct Candidate {
  int64_t count;
  Pair pair;
  // The most frequent on top; of equals the lower ids.
  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

// A special token must be unlike anything that training may find in text: two entries of one
// vocabulary would have the same name.
void check_special_tokens(const std::vector<std::string>& specials) {
  for (size_t i = 0; i < specials.size(); ++i) {
    if (std::find(specials.begin(), specials.begin() + static_cast<ptrdiff_t>(i), specials[i]) !=
        specials.begin() + static_cast<ptrdiff_t>(i)) {
      throw Error(ErrorCode::kUsage, fmt::format("special token '{}' is there twice", specials[i]));
    }
    size_t pieces = 0;
    const std::optional<std::string> bytes = unspell_bytes(specials[i]);
    if (bytes) scan_words_of_bytes(WordPattern::kGpt2, *bytes, [&](std::string_view) { ++pieces; });
    if (bytes && pieces < 2) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("special token '{}' could be a piece of plain text; expected "
                              "something like \"<|name|>\"",
                              specials[i]));
    }
  }
}

class Training {
 public:
  Training(const std::vector<std::string_view>& texts, const BpeTrainerOptions& options)
      : first_byte_(static_cast<TokenId>(options.special_tokens.size())) {
    for (int byte = 0; byte < 256; ++byte) {
      tokens_.push_back(std::string(1, static_cast<char>(byte)));
    }
    count_words(texts);
    for (size_t w = 0; w < words_.size(); ++w) {
      for (size_t i = 0; i + 1 < words_[w].ids.size(); ++i) {
        change({words_[w].ids[i], words_[w].ids[i + 1]}, words_[w].count, w);
      }
    }
    for (const auto& [pair, pair_count] : counts_) queue_.push({pair_count, pair});
  }

  // Merges the most frequent pair; false when none is left that occurs often enough.
  bool merge_next(int64_t min_frequency) {
    while (!queue_.empty()) {
      const Candidate top = queue_.top();
      queue_.pop();
      const auto found = counts_.find(top.pair);
      const int64_t now = found == counts_.end() ? 0 : found->second;
      if (now != top.count) continue;  // a newer entry of this pair is in the queue
      if (now < min_frequency) return false;
      merge(top.pair);
      return true;
    }
    return false;
  }

  TokenId id_at(size_t index) const { return first_byte_ + static_cast<TokenId>(index); }
  const std::vector<std::string>& tokens() const { return tokens_; }
  const std::vector<Pair>& merges() const { return merges_; }
  const std::string& bytes_of(TokenId id) const {
    return tokens_[static_cast<size_t>(id - first_byte_)];
  }

 private:
  void count_words(const std::vector<std::string_view>& texts) {
    std::unordered_map<std::string_view, size_t> index;
    for (std::string_view text : texts) {
      scan_words_of_bytes(WordPattern::kGpt2, text, [&](std::string_view piece) {
        const auto [entry, fresh] = index.try_emplace(piece, words_.size());
        if (fresh) {
          words_.emplace_back();
          for (char c : piece) words_.back().ids.push_back(id_at(static_cast<unsigned char>(c)));
        }
        ++words_[entry->second].count;
      });
    }
  }

  void change(const Pair& pair, int64_t by, size_t word) {
    counts_[pair] += by;
    std::vector<size_t>& places = places_[pair];
    if (by > 0 && (places.empty() || places.back() != word)) places.push_back(word);
    changed_.push_back(pair);
  }

  void merge(const Pair& pair) {
    const TokenId merged = id_at(tokens_.size());
    tokens_.push_back(bytes_of(pair.first) + bytes_of(pair.second));
    merges_.push_back(pair);
    changed_.clear();
    std::vector<size_t> places = std::move(places_[pair]);
    places_.erase(pair);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    for (size_t w : places) merge_in_word(w, pair, merged);
    counts_.erase(pair);
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const Pair& touched : changed_) {
      const auto found = counts_.find(touched);
      if (found != counts_.end() && found->second > 0) queue_.push({found->second, touched});
    }
  }

  void merge_in_word(size_t w, const Pair& pair, TokenId merged) {
    std::vector<TokenId>& ids = words_[w].ids;
    const int64_t count = words_[w].count;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      if (ids[i] != pair.first || ids[i + 1] != pair.second) continue;
      if (i > 0) change({ids[i - 1], ids[i]}, -count, w);
      if (i + 2 < ids.size()) change({ids[i + 1], ids[i + 2]}, -count, w);
      ids[i] = merged;
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(i) + 1);
      if (i > 0) change({ids[i - 1], ids[i]}, count, w);
      if (i + 1 < ids.size()) change({ids[i], ids[i + 1]}, count, w);
    }
  }

  TokenId first_byte_;
  std::vector<std::string> tokens_;  // bytes of each token after the special ones
  std::vector<Pair> merges_;
  std::vector<Word> words_;
  std::unordered_map<Pair, int64_t, PairHash> counts_;
  std::unordered_map<Pair, std::vector<size_t>, PairHash> places_;  // words that may hold it
  std::vector<Pair> changed_;
  std::priority_queue<Candidate> queue_;
};

OrderedJson tokenizer_json(const Training& training, const BpeTrainerOptions& options) {
  OrderedJson added = OrderedJson::array(), vocab = OrderedJson::object();
  for (size_t i = 0; i < options.special_tokens.size(); ++i) {
    added.push_back({{"id", i},
                     {"content", options.special_tokens[i]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
    vocab[options.special_tokens[i]] = i;
  }
  for (size_t i = 0; i < training.tokens().size(); ++i) {
    vocab[spell_bytes(training.tokens()[i])] = training.id_at(i);
  }
  OrderedJson merges = OrderedJson::array();
  for (const auto& [left, right] : training.merges()) {
    merges.push_back({spell_bytes(training.bytes_of(left)), spell_bytes(training.bytes_of(right))});
  }
  const OrderedJson byte_level = {{"type", "ByteLevel"},
                                  {"add_prefix_space", false},
                                  {"trim_offsets", true},
                                  {"use_regex", true}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level},
          {"post_processor", nullptr},
          {"decoder", byte_level},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", false},
            {"vocab", vocab},
            {"merges", merges}}}};
}

}  // namespace

std::string train_byte_level_bpe(Context& context, const std::vector<std::string_view>& texts,
                                 const BpeTrainerOptions& options) {
  const size_t smallest = options.special_tokens.size() + 256;
  if (options.vocab_size < smallest) {
    throw Error(ErrorCode::kUsage, fmt::format("a vocabulary of {} is too small: the bytes and the "
                                               "special tokens alone are {}",
                                               options.vocab_size, smallest));
  }
  check_special_tokens(options.special_tokens);
  Training training(texts, options);
  const size_t merges = options.vocab_size - smallest;
  const auto bar = context.progress.start("tokenizer", merges);
  for (size_t done = 0; done < merges; ++done) {
    stop_if_interrupted(context);
    if (!training.merge_next(static_cast<int64_t>(options.min_frequency))) break;
    bar->update(done + 1);
  }
  bar->finish();
  return dump_json(tokenizer_json(training, options), 1) + '\n';
}

}  // namespace twin
