#include "engine/tokenizer/normalizer.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "engine/tokenizer/base64.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/charsmap.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/unicode_form.h"

namespace twin {
namespace {

constexpr size_t kMaxParts = 64;

// A normalizer that is one function.
class Function : public Normalizer {
 public:
  using Work = std::function<std::string(std::string_view)>;
  explicit Function(Work work) : work_(std::move(work)) {}
  std::string normalize(std::string_view text) const override { return work_(text); }

 private:
  Work work_;
};

std::unique_ptr<Normalizer> function(Function::Work work) {
  return std::make_unique<Function>(std::move(work));
}

// `put(character, out)` for each character.
template <class Put>
std::unique_ptr<Normalizer> each_character(Put put) {
  return function([put](std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::string_view c : Characters(text)) put(character_at(c.data()), c, out);
    return out;
  });
}

class Sequence : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Normalizer>> parts) : parts_(std::move(parts)) {}
  std::string normalize(std::string_view text) const override {
    std::string out(text);
    for (const auto& part : parts_) out = part->normalize(out);
    return out;
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

std::string lowercased(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::string_view c : Characters(text)) lowercase(character_at(c.data()), out);
  return out;
}

std::string without(std::string_view text, uint8_t classes) {
  std::string out;
  for (std::string_view c : Characters(text)) {
    if ((character_classes().of[character_at(c.data())] & classes) == 0) out += c;
  }
  return out;
}

std::string stripped(std::string_view text, bool left, bool right) {
  const CharacterClasses& classes = character_classes();
  size_t begin = text.size(), end = 0;
  for (std::string_view c : Characters(text)) {
    if ((classes.of[character_at(c.data())] & kSpaceClass) != 0) continue;
    const auto at = static_cast<size_t>(c.data() - text.data());
    begin = std::min(begin, at);
    end = at + c.size();
  }
  if (!left) begin = 0;
  if (!right) end = text.size();
  return std::string(begin < end ? text.substr(begin, end - begin) : std::string_view());
}

// What BERT calls a Chinese character, with the gap that the package has at U+2B820.
bool is_chinese(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b81f) ||
         (c >= 0x2b920 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0x2f800 && c <= 0x2fa1f);
}

// Source: github.com/google-research/bert, tokenization.py, BasicTokenizer.
std::unique_ptr<Normalizer> bert(const JsonFields& fields) {
  const bool clean = fields.flag("clean_text", true);
  const bool chinese = fields.flag("handle_chinese_chars", true);
  const bool lower = fields.flag("lowercase", true);
  const bool strip_accents = fields.flag("strip_accents", lower);
  return function([=](std::string_view text) {
    const CharacterClasses& classes = character_classes();
    std::string out;
    out.reserve(text.size());
    for (std::string_view spelled : Characters(text)) {
      const char32_t c = character_at(spelled.data());
      const uint8_t of = classes.of[c];
      const bool line = c == '\t' || c == '\n' || c == '\r';
      if (clean && ((!line && (of & kControlClass) != 0) || c == 0xfffd)) continue;
      if (clean && (of & kSpaceClass) != 0) {
        out += ' ';
      } else if (chinese && is_chinese(c)) {
        out += ' ';
        out += spelled;
        out += ' ';
      } else {
        out += spelled;
      }
    }
    if (strip_accents) out = without(unicode_form(UnicodeForm::kNfd, out), kNonspacingClass);
    return lower ? lowercased(out) : out;
  });
}

// Source: github.com/google/sentencepiece, src/builder.cc, BuildNmtNFKCMap.
void nmt(char32_t c, std::string_view spelled, std::string& out) {
  const bool removed = (c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f ||
                       c == 0x8f || c == 0x9f;
  const bool space = c == 9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 ||
                     (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                     c == 0xfeff || c == 0xfffd;
  if (!removed) out += space ? " " : spelled;
}

// The package replaces whole grapheme clusters of under six bytes by the shortest entry that begins
// them, and characters else: not what SentencePiece does, but what these files were used with.
// Source: github.com/huggingface/spm_precompiled.
class Precompiled : public Normalizer {
 public:
  explicit Precompiled(Charsmap map) : map_(std::move(map)) {}

  std::string normalize(std::string_view text) const override {
    std::string out;
    out.reserve(text.size());
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = cluster_end(text, begin);
      const std::string_view cluster = text.substr(begin, end - begin);
      begin = end;
      if (cluster.size() < 6 && replace(cluster, out)) continue;
      for (std::string_view c : Characters(cluster)) {
        if (!replace(c, out)) out += c;
      }
    }
    return out;
  }

 private:
  bool replace(std::string_view text, std::string& out) const {
    const auto match = map_.shortest(text);
    if (match) out += match->replacement;
    return match.has_value();
  }

  static size_t cluster_end(std::string_view text, size_t begin) {
    utf8proc_int32_t state = 0;
    size_t at = begin + character_length(text[begin]);
    auto last = static_cast<utf8proc_int32_t>(character_at(text.data() + begin));
    while (at < text.size()) {
      const auto c = static_cast<utf8proc_int32_t>(character_at(text.data() + at));
      // Between two printable ASCII characters there is always a break.
      if (last >= ' ' && last < 0x7f && c >= ' ' && c < 0x7f) return at;
      if (utf8proc_grapheme_break_stateful(last, c, &state)) return at;
      last = c;
      at += character_length(text[at]);
    }
    return at;
  }

  Charsmap map_;
};

std::unique_ptr<Normalizer> replace(const JsonFields& fields) {
  const auto found = fields.pattern("pattern");
  // Names of its own: a lambda cannot hold a structured binding in C++20 as clang 14 has it.
  const std::string pattern = found.first;
  const bool is_regex = found.second;
  std::string content = fields.text("content", "");
  if (is_regex) {
    const auto regex = std::make_shared<const Regex>(pattern, fields.where());
    return function([=](std::string_view text) { return regex->replace_all(text, content); });
  }
  return function([=](std::string_view text) {
    std::string out;
    size_t done = 0;
    for (size_t at; (at = text.find(pattern, done)) != std::string_view::npos;) {
      out += text.substr(done, at - done);
      out += content;
      done = at + pattern.size();
    }
    return out += text.substr(done);
  });
}

std::unique_ptr<Normalizer> make(const JsonFields& fields, size_t depth) {
  const std::string type = fields.text("type", "");
  if (type == "Sequence") {
    const Json& list = fields.list("normalizers");
    if (list.size() > kMaxParts || depth > 4) fields.refuse("too many parts");
    std::vector<std::unique_ptr<Normalizer>> parts;
    for (const Json& part : list)
      parts.push_back(make(JsonFields(part, fields.where()), depth + 1));
    return std::make_unique<Sequence>(std::move(parts));
  }
  for (const auto& [name, form] : {std::pair{"NFC", UnicodeForm::kNfc},
                                   {"NFD", UnicodeForm::kNfd},
                                   {"NFKC", UnicodeForm::kNfkc},
                                   {"NFKD", UnicodeForm::kNfkd}}) {
    if (type == name) {
      return function([form = form](std::string_view text) { return unicode_form(form, text); });
    }
  }
  if (type == "Lowercase") return function(lowercased);
  if (type == "StripAccents") {
    return function([](std::string_view text) { return without(text, kMarkClass); });
  }
  if (type == "Strip") {
    return function([left = fields.flag("strip_left", true),
                     right = fields.flag("strip_right", true)](std::string_view text) {
      return stripped(text, left, right);
    });
  }
  if (type == "Replace") return replace(fields);
  if (type == "Prepend") {
    return function([prefix = fields.text("prepend", "")](std::string_view text) {
      return text.empty() ? std::string() : prefix + std::string(text);
    });
  }
  if (type == "BertNormalizer") return bert(fields);
  if (type == "Nmt") return each_character(nmt);
  if (type == "ByteLevel") return function([](std::string_view text) { return spell_bytes(text); });
  if (type == "Precompiled") {
    const auto bytes = decode_base64(fields.text("precompiled_charsmap", ""));
    if (!bytes) fields.refuse("precompiled_charsmap is not base64");
    return std::make_unique<Precompiled>(Charsmap(*bytes, fields.where()));
  }
  fields.refuse(fmt::format("normalizer {} is not supported", type));
}

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const Json& json, std::string_view where) {
  if (json.is_null()) return nullptr;
  return make(JsonFields(json, fmt::format("{}: normalizer", where)), 0);
}

}  // namespace twin
