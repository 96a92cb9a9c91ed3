#include "engine/tokenizer/token_decoder.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {
namespace {

constexpr size_t kMaxParts = 64;

using Texts = std::vector<std::string>;

class Function : public TokenDecoder {
 public:
  using Work = std::function<Texts(Texts)>;
  explicit Function(Work work) : work_(std::move(work)) {}
  Texts decode(Texts tokens) const override { return work_(std::move(tokens)); }

 private:
  Work work_;
};

std::unique_ptr<TokenDecoder> function(Function::Work work) {
  return std::make_unique<Function>(std::move(work));
}

// `change(text, index, count)` of each text by itself.
template <class Change>
std::unique_ptr<TokenDecoder> each(Change change) {
  return function([change](Texts tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) change(tokens[i], i, tokens.size());
    return tokens;
  });
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  size_t done = 0;
  for (size_t at; !from.empty() && (at = text.find(from, done)) != std::string_view::npos;) {
    out += text.substr(done, at - done);
    out += to;
    done = at + from.size();
  }
  return out += text.substr(done);
}

Texts fused(const Texts& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  return {all};
}

// Bytes stay bytes, so that parts of a character that come one by one are not lost; the package
// puts U+FFFD for those that make no character.
Texts bytes_back(Texts tokens) {
  for (std::string& token : tokens) {
    if (const auto byte = byte_of_name(token)) token = std::string(1, *byte);
  }
  return tokens;
}

void strip(std::string& token, std::string_view content, size_t start, size_t stop) {
  for (; start > 0 && token.starts_with(content); --start) token.erase(0, content.size());
  for (; stop > 0 && token.ends_with(content); --stop) token.resize(token.size() - content.size());
}

// The space before punctuation and inside contractions goes. Source: the package `tokenizers`,
// decoders/wordpiece.rs.
std::string cleaned(std::string_view text) {
  std::string out(text);
  for (const auto& [from, to] : {std::pair{" .", "."},
                                 {" ?", "?"},
                                 {" !", "!"},
                                 {" ,", ","},
                                 {" ' ", "'"},
                                 {" n't", "n't"},
                                 {" 'm", "'m"},
                                 {" do not", " don't"},
                                 {" 's", "'s"},
                                 {" 've", "'ve"},
                                 {" 're", "'re"}}) {
    out = replaced(out, from, to);
  }
  return out;
}

std::unique_ptr<TokenDecoder> word_piece(const JsonFields& fields) {
  return each([prefix = fields.text("prefix", "##"), cleanup = fields.flag("cleanup", true)](
                  std::string& token, size_t i, size_t /*count*/) {
    if (i > 0) {
      token = token.starts_with(prefix) ? token.substr(prefix.size()) : ' ' + token;
    }
    if (cleanup) token = cleaned(token);
  });
}

std::unique_ptr<TokenDecoder> metaspace(const JsonFields& fields) {
  const std::string scheme =
      fields.text("prepend_scheme", fields.flag("add_prefix_space", true) ? "always" : "never");
  return each([replacement = fields.text("replacement", "\u2581"), keep = scheme == "never"](
                  std::string& token, size_t i, size_t /*count*/) {
    token = replaced(token, replacement, i == 0 && !keep ? "" : " ");
  });
}

std::unique_ptr<TokenDecoder> replace(const JsonFields& fields) {
  const auto found = fields.pattern("pattern");
  // Names of its own: a lambda cannot hold a structured binding in C++20 as clang 14 has it.
  const std::string pattern = found.first;
  const bool is_regex = found.second;
  std::string content = fields.text("content", "");
  if (!is_regex) {
    return each([=](std::string& token, size_t /*i*/, size_t /*count*/) {
      token = replaced(token, pattern, content);
    });
  }
  const auto regex = std::make_shared<const Regex>(pattern, fields.where());
  return each([=](std::string& token, size_t /*i*/, size_t /*count*/) {
    token = regex->replace_all(token, content);
  });
}

size_t count_of(const JsonFields& fields, const char* name) {
  const double value = fields.number(name, 0);
  if (!(value >= 0 && value <= 1 << 20)) fields.refuse(fmt::format("{} is not a count", name));
  return static_cast<size_t>(value);
}

std::unique_ptr<TokenDecoder> make(const JsonFields& fields, size_t depth) {
  const std::string type = fields.text("type", "");
  if (type == "Sequence") {
    const Json& list = fields.list("decoders");
    if (list.size() > kMaxParts || depth > 4) fields.refuse("too many parts");
    std::vector<std::shared_ptr<const TokenDecoder>> parts;
    for (const Json& part : list)
      parts.push_back(make(JsonFields(part, fields.where()), depth + 1));
    return function([parts](Texts tokens) {
      for (const auto& part : parts) tokens = part->decode(std::move(tokens));
      return tokens;
    });
  }
  if (type == "ByteLevel") {
    return function([](const Texts& tokens) {
      Texts bytes;
      for (const std::string& token : tokens) bytes.push_back(unspell_bytes(token).value_or(token));
      return bytes;
    });
  }
  if (type == "ByteFallback") return function(bytes_back);
  if (type == "Fuse") return function(fused);
  if (type == "Metaspace") return metaspace(fields);
  if (type == "WordPiece") return word_piece(fields);
  if (type == "Replace") return replace(fields);
  if (type == "Strip") {
    const std::string content = fields.text("content", " ");
    if (content.empty()) fields.refuse("an empty content");
    return each([=, start = count_of(fields, "start"), stop = count_of(fields, "stop")](
                    std::string& token, size_t /*i*/, size_t /*count*/) {
      strip(token, content, start, stop);
    });
  }
  if (type == "BPEDecoder") {
    return each([suffix = fields.text("suffix", "</w>")](std::string& token, size_t i, size_t n) {
      token = replaced(token, suffix, i + 1 == n ? "" : " ");
    });
  }
  fields.refuse(fmt::format("decoder {} is not supported", type));
}

}  // namespace

std::unique_ptr<TokenDecoder> make_token_decoder(const Json& json, std::string_view where) {
  if (json.is_null()) {
    return each([](std::string& token, size_t i, size_t /*count*/) {
      if (i > 0) token.insert(0, 1, ' ');
    });
  }
  return make(JsonFields(json, fmt::format("{}: decoder", where)), 0);
}

}  // namespace twin
