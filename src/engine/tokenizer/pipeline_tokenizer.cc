#include "engine/tokenizer/pipeline_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/contents_json.h"
#include "engine/tokenizer/piece_cache.h"
#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

using Spans = std::vector<ByteSpan>;

// The spans that lie in [begin, end), counted from begin.
Spans spans_within(std::span<const ByteSpan> spans, size_t begin, size_t end) {
  Spans within;
  const auto first_to_end_after = std::partition_point(
      spans.begin(), spans.end(), [&](const ByteSpan& span) { return span.end <= begin; });
  for (auto span = first_to_end_after; span != spans.end() && span->begin < end; ++span) {
    const size_t first = std::max(span->begin, begin), last = std::min(span->end, end);
    if (first < last) within.push_back({first - begin, last - begin});
  }
  return within;
}

// Where the spans are in the normalized text: each stretch is normalized by itself, and where that
// does not add up to the whole, all of it counts as verbatim.
Spans normalized_spans(const Normalizer& normalizer, std::string_view text, const Spans& spans,
                       std::string_view normalized) {
  if (spans.empty() || normalized == text) return spans;
  Spans moved;
  std::string sum;
  size_t done = 0;
  for (const ByteSpan& span : spans) {
    sum += normalizer.normalize(text.substr(done, span.begin - done));
    const size_t begin = sum.size();
    sum += normalizer.normalize(text.substr(span.begin, span.end - span.begin));
    moved.push_back({begin, sum.size()});
    done = span.end;
  }
  sum += normalizer.normalize(text.substr(done));
  if (sum == normalized) return moved;
  return {{0, normalized.size()}};
}

// The text with U+FFFD for what is no UTF-8, and the spans moved along.
std::string valid_text(std::string_view text, Spans& spans) {
  std::vector<size_t> bad;
  for (size_t at = 0; (at += valid_prefix(text.substr(at))) < text.size(); ++at) bad.push_back(at);
  const auto moved = [&](size_t at) {
    const auto before = std::lower_bound(bad.begin(), bad.end(), at) - bad.begin();
    return at + 2 * static_cast<size_t>(before);
  };
  for (ByteSpan& span : spans) span = {moved(span.begin), moved(span.end)};
  return replace_invalid(text);
}

// With GGUF's sign for a space.
std::string escaped(std::string_view token) {
  std::string out;
  for (char c : token) out += c == ' ' ? "\u2581" : std::string(1, c);
  return out;
}

// As GGUF spells BERT's tokens: those that begin a word are marked, not those that go on.
std::string bert_spelling(const std::string& token, bool added) {
  if (added || (token.starts_with('[') && token.ends_with(']'))) return token;
  return token.starts_with("##") ? token.substr(2) : "\u2581" + token;
}

class PipelineTokenizer : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerParts parts)
      : parts_(std::move(parts)), added_(std::move(parts_.added), parts_.normalizer.get()) {
    for (const AddedToken& token : added_.all()) {
      if (token.special) special_[check(token.id)] = true;
      has_normalized_special_ = has_normalized_special_ || (token.special && token.normalized);
    }
    find_reference();
  }

  using Tokenizer::decode;
  using Tokenizer::encode;

  size_t vocab_size() const override { return parts_.vocabulary->size(); }

  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options) const override;

  std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const override {
    if (parts_.decoder == nullptr) {
      std::string text;
      for (TokenId id : ids) {
        if (!special_[check(id)] || !options.skip_special) text += (*parts_.vocabulary)[id];
      }
      return text;
    }
    std::vector<std::string> tokens;
    for (TokenId id : ids) {
      if (!special_[check(id)] || !options.skip_special) tokens.push_back(decoder_text(id));
    }
    std::string text;
    for (const std::string& part : parts_.decoder->decode(std::move(tokens))) text += part;
    return text;
  }

  std::string token_bytes(TokenId id) const override {
    if (special_[check(id)] || id == parts_.contents.unknown_token_id) return {};
    if (parts_.decoder == nullptr) return (*parts_.vocabulary)[id];
    const TokenId around[] = {reference_, id, reference_};
    const std::string text = decode(around);
    if (text.size() < first_size_ + middle_size_) return {};
    return text.substr(first_size_, text.size() - first_size_ - middle_size_);
  }

  std::optional<TokenId> special_token(std::string_view name) const override {
    const AddedToken* token = added_.find(name);
    return token == nullptr ? std::nullopt : std::optional(token->id);
  }
  std::optional<TokenId> bos_token_id() const override { return parts_.contents.bos_token_id; }
  std::optional<TokenId> eos_token_id() const override { return parts_.contents.eos_token_id; }
  std::string fingerprint() const override { return parts_.fingerprint; }

  TokenizerContents contents() const override;
  std::string json() const override {
    return parts_.json.empty() ? json_of_contents(contents(), parts_.where) : parts_.json;
  }

 private:
  class Encoding;

  size_t check(TokenId id) const {
    if (id < 0 || static_cast<size_t>(id) >= parts_.vocabulary->size()) {
      throw Error(ErrorCode::kBadInput, fmt::format("token id {} is outside the vocabulary of {}",
                                                    id, parts_.vocabulary->size()));
    }
    return static_cast<size_t>(id);
  }

  std::string decoder_text(TokenId id) const {
    const std::string& token = (*parts_.vocabulary)[id];
    if (!parts_.unknown_text.empty() && id == parts_.contents.unknown_token_id) {
      return parts_.unknown_text;
    }
    return parts_.byte_level && added_.find(id) == nullptr ? spell_bytes(token) : token;
  }

  // An ordinary token that others are decoded between, and how long it is at the start of a text
  // and inside one: what a token adds may depend on where it stands.
  void find_reference() {
    if (parts_.decoder == nullptr) return;
    for (size_t id = 0; id < parts_.vocabulary->size(); ++id) {
      if (special_[id] || (*parts_.vocabulary)[static_cast<TokenId>(id)].empty()) continue;
      reference_ = static_cast<TokenId>(id);
      const std::vector<TokenId> three(3, reference_);
      const size_t two_size = decode(std::span(three).first(2)).size();
      const size_t three_size = decode(three).size();
      if (three_size <= two_size) continue;
      middle_size_ = three_size - two_size;
      first_size_ = two_size - std::min(two_size, middle_size_);
      return;
    }
  }

  TokenizerParts parts_;
  AddedTokens added_;
  std::vector<bool> special_ = std::vector<bool>(parts_.vocabulary->size(), false);
  bool has_normalized_special_ = false;
  TokenId reference_ = 0;
  size_t first_size_ = 0, middle_size_ = 0;
  mutable PieceCachePool caches_;
};

// One call of encode().
class PipelineTokenizer::Encoding {
 public:
  Encoding(const PipelineTokenizer& tokenizer, const EncodeOptions& options)
      : parts_(tokenizer.parts_),
        tokenizer_(tokenizer),
        options_(options),
        cache_(parts_.cache_pieces ? tokenizer.caches_.take() : nullptr) {}
  ~Encoding() {
    if (cache_ != nullptr) tokenizer_.caches_.give_back(std::move(cache_));
  }
  Encoding(const Encoding&) = delete;
  Encoding& operator=(const Encoding&) = delete;

  void encode(std::string_view text, std::span<const ByteSpan> verbatim) {
    ids_.reserve(text.size() / 4 + 8);
    for (const TextOrToken& part :
         tokenizer_.added_.cut(text, false, options_.parse_special, verbatim)) {
      if (part.token) {
        ids_.push_back(*part.token);
        continue;
      }
      const auto begin = static_cast<size_t>(part.text.data() - text.data());
      const auto start = begin == 0 ? PiecePosition::kTextStart : PiecePosition::kInside;
      encode_bytes(part.text, spans_within(verbatim, begin, begin + part.text.size()), start);
    }
  }

  std::vector<TokenId> take() { return std::move(ids_); }

 private:
  // Between the bytes that are no UTF-8, which are pieces of their own.
  void encode_bytes(std::string_view text, const Spans& verbatim, PiecePosition position) {
    size_t at = 0;
    while (at < text.size()) {
      const size_t valid = valid_prefix(text.substr(at));
      if (valid > 0) {
        normalize(text.substr(at, valid), spans_within(verbatim, at, at + valid), position);
      }
      at += valid;
      if (at == text.size()) return;
      encode_piece(text.substr(at++, 1));
      position = PiecePosition::kAfterBadByte;
    }
  }

  void normalize(std::string_view text, Spans verbatim, PiecePosition position) {
    std::string normalized;
    const bool inside = parts_.raw_bytes && position == PiecePosition::kAfterBadByte;
    const Normalizer* normalizer =
        inside ? parts_.normalizer_inside.get() : parts_.normalizer.get();
    if (normalizer != nullptr) {
      normalized = normalizer->normalize(text);
      if (tokenizer_.has_normalized_special_ && options_.parse_special) {
        verbatim = normalized_spans(*normalizer, text, verbatim, normalized);
      }
      text = normalized;
    }
    for (const TextOrToken& part :
         tokenizer_.added_.cut(text, true, options_.parse_special, verbatim)) {
      if (part.token) {
        ids_.push_back(*part.token);
      } else {
        const bool begins = part.text.data() == text.data();
        pre_tokenize(0, part.text, begins ? position : PiecePosition::kInside);
      }
    }
  }

  void pre_tokenize(size_t stage, std::string_view text, PiecePosition position) {
    if (stage == parts_.pre_tokenizers.size()) return encode_piece(text);
    if (stage + 1 == parts_.pre_tokenizers.size()) {
      return parts_.pre_tokenizers[stage]->cut(
          text, position, [this](std::string_view piece) { encode_piece(piece); });
    }
    parts_.pre_tokenizers[stage]->cut(text, position, [&](std::string_view piece) {
      const bool begins = piece.data() == text.data();
      pre_tokenize(stage + 1, piece, begins ? position : PiecePosition::kInside);
    });
  }

  void encode_piece(std::string_view piece) {
    if (cache_ == nullptr) {
      if (!piece.empty()) parts_.model->encode(piece, ids_);
      return;
    }
    if (piece.empty() || cache_->find(piece, ids_)) return;
    const size_t before = ids_.size();
    parts_.model->encode(piece, ids_);
    cache_->put(piece, ids_.data() + before, ids_.size() - before);
  }

  const TokenizerParts& parts_;
  const PipelineTokenizer& tokenizer_;
  const EncodeOptions& options_;
  std::unique_ptr<PieceCache> cache_;
  std::vector<TokenId> ids_;
};

std::vector<TokenId> PipelineTokenizer::encode(std::string_view text,
                                               const EncodeOptions& options) const {
  Encoding encoding(*this, options);
  if (!parts_.byte_level && !parts_.raw_bytes && valid_prefix(text) != text.size()) {
    Spans verbatim(options.verbatim.begin(), options.verbatim.end());
    const std::string valid = valid_text(text, verbatim);
    encoding.encode(valid, verbatim);
  } else {
    encoding.encode(text, options.verbatim);
  }
  std::vector<TokenId> ids = encoding.take();
  if (options.add_special_tokens) {
    ids.insert(ids.begin(), parts_.prefix.begin(), parts_.prefix.end());
    ids.insert(ids.end(), parts_.suffix.begin(), parts_.suffix.end());
  }
  return ids;
}

TokenizerContents PipelineTokenizer::contents() const {
  if (!parts_.no_contents.empty()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: has no form in GGUF: {}", parts_.where, parts_.no_contents));
  }
  TokenizerContents contents = parts_.contents;
  const bool types_known = !contents.token_types.empty();
  const Vocabulary& vocabulary = *parts_.vocabulary;
  if (!types_known) contents.token_types.assign(vocabulary.size(), kNormalToken);
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const AddedToken* added = added_.find(id);
    const std::string& token = vocabulary[id];
    if (token.empty()) {
      contents.tokens.push_back(fmt::format("[PAD{}]", id));
      contents.token_types[i] = kUnusedToken;
      continue;
    }
    contents.tokens.push_back(parts_.byte_level && added == nullptr ? spell_bytes(token) : token);
    if (contents.model == "bert") contents.tokens.back() = bert_spelling(token, added != nullptr);
    if (!contents.escape_whitespaces && contents.token_types[i] == kNormalToken) {
      contents.tokens.back() = escaped(token);
    }
    if (types_known) continue;
    if (id == contents.unknown_token_id) {
      contents.token_types[i] = kUnknownToken;
    } else if (added != nullptr) {
      contents.token_types[i] = added->special ? kControlToken : kUserDefinedToken;
    }
  }
  if (contents.model == "gpt2") {
    for (const auto& [left, right] : parts_.merges) {
      contents.merges.push_back(spell_bytes(vocabulary[left]) + ' ' +
                                spell_bytes(vocabulary[right]));
    }
  }
  contents.escape_whitespaces = true;
  return contents;
}

}  // namespace

std::unique_ptr<Tokenizer> make_pipeline_tokenizer(TokenizerParts parts) {
  TWIN_CHECK(parts.vocabulary != nullptr && parts.model != nullptr);
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace twin
