#include "engine/tokenizer/pre_tokenizer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/split_pieces.h"
#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"
#include "engine/tokenizer/word_scanner.h"

namespace twin {
namespace {

constexpr size_t kMaxParts = 64;

// Splits at each character that `matches`.
template <class Matches>
class CharacterSplit : public PreTokenizer {
 public:
  CharacterSplit(SplitBehavior behavior, Matches matches)
      : behavior_(behavior), matches_(std::move(matches)) {}

  void cut(std::string_view text, PiecePosition /*position*/, PieceSink sink) const override {
    if (behavior_ == SplitBehavior::kIsolated || behavior_ == SplitBehavior::kRemoved) {
      return cut_at_each(text, sink);
    }
    std::vector<Stretch> stretches;
    for (std::string_view c : Characters(text)) {
      const auto begin = static_cast<size_t>(c.data() - text.data());
      const bool match = matches_(character_at(c.data()));
      if (!match && !stretches.empty() && !stretches.back().is_match) {
        stretches.back().end = begin + c.size();
      } else {
        stretches.push_back({begin, begin + c.size(), match});
      }
    }
    split_pieces(text, stretches, behavior_, sink);
  }

 private:
  void cut_at_each(std::string_view text, PieceSink sink) const {
    const char* begin = text.data();
    for (std::string_view c : Characters(text)) {
      if (!matches_(character_at(c.data()))) continue;
      if (c.data() > begin) sink({begin, static_cast<size_t>(c.data() - begin)});
      if (behavior_ == SplitBehavior::kIsolated) sink(c);
      begin = c.data() + c.size();
    }
    const char* end = text.data() + text.size();
    if (end > begin) sink({begin, static_cast<size_t>(end - begin)});
  }

  SplitBehavior behavior_;
  Matches matches_;
};

template <class Matches>
std::unique_ptr<PreTokenizer> at_characters(SplitBehavior behavior, Matches matches) {
  return std::make_unique<CharacterSplit<Matches>>(behavior, std::move(matches));
}

std::unique_ptr<PreTokenizer> at_class(SplitBehavior behavior, uint8_t wanted,
                                       bool with_ascii_symbols = false) {
  const CharacterClasses& classes = character_classes();
  return at_characters(behavior, [&classes, wanted, with_ascii_symbols](char32_t c) {
    if ((classes.of[c] & wanted) != 0) return true;
    return with_ascii_symbols && c > ' ' && c < 0x7f && (classes.of[c] & kWordOrSpaceClass) == 0;
  });
}

class RegexSplit : public PreTokenizer {
 public:
  RegexSplit(Regex regex, SplitBehavior behavior, bool invert)
      : regex_(std::move(regex)), behavior_(behavior), invert_(invert) {}

  void cut(std::string_view text, PiecePosition /*position*/, PieceSink sink) const override {
    std::vector<Stretch> stretches;
    size_t done = 0;
    const auto put = [&](size_t begin, size_t end, bool match) {
      if (end > begin) stretches.push_back({begin, end, match != invert_});
    };
    regex_.for_each_match(text, [&](size_t begin, size_t end) {
      put(done, begin, false);
      put(begin, end, true);
      done = end;
    });
    put(done, text.size(), false);
    split_pieces(text, stretches, behavior_, sink);
  }

 private:
  Regex regex_;
  SplitBehavior behavior_;
  bool invert_;
};

class WordSplit : public PreTokenizer {
 public:
  explicit WordSplit(WordPattern pattern) : pattern_(pattern) {}
  void cut(std::string_view text, PiecePosition /*position*/, PieceSink sink) const override {
    scan_words(pattern_, text, sink);
  }

 private:
  WordPattern pattern_;
};

class ByteLevel : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex, bool spell)
      : add_prefix_space_(add_prefix_space), use_regex_(use_regex), spell_(spell) {}

  void cut(std::string_view text, PiecePosition position, PieceSink sink) const override {
    std::string prefixed;
    if (add_prefix_space_ && position != PiecePosition::kAfterBadByte && !text.starts_with(' ')) {
      prefixed = ' ' + std::string(text);
      text = prefixed;
    }
    if (!spell_) return words(text, sink);
    words(text, [&](std::string_view word) { sink(spell_bytes(word)); });
  }

 private:
  void words(std::string_view text, PieceSink sink) const {
    use_regex_ ? scan_words(WordPattern::kGpt2, text, sink) : sink(text);
  }
  bool add_prefix_space_, use_regex_, spell_;
};

class Metaspace : public PreTokenizer {
 public:
  enum class Prepend { kAlways, kFirst, kNever };
  Metaspace(std::string replacement, Prepend prepend, bool split)
      : replacement_(std::move(replacement)), prepend_(prepend), split_(split) {}

  void cut(std::string_view text, PiecePosition position, PieceSink sink) const override {
    std::string replaced;
    const bool starts = text.starts_with(' ') || text.starts_with(replacement_);
    const bool wanted = prepend_ == Prepend::kAlways ||
                        (prepend_ == Prepend::kFirst && position == PiecePosition::kTextStart);
    if (wanted && !starts) replaced = replacement_;
    for (char c : text) {
      if (c == ' ') {
        replaced += replacement_;
      } else {
        replaced += c;
      }
    }
    if (!split_) return sink(replaced);
    // Each replacement begins a piece.
    const std::string_view all = replaced;
    size_t begin = 0;
    for (size_t at; begin < all.size(); begin = at) {
      at = std::min(all.find(replacement_, begin + 1), all.size());
      sink(all.substr(begin, at - begin));
    }
  }

 private:
  std::string replacement_;
  Prepend prepend_;
  bool split_;
};

class Sequence : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> parts) : parts_(std::move(parts)) {}

  void cut(std::string_view text, PiecePosition position, PieceSink sink) const override {
    cut_from(0, text, position, sink);
  }

 private:
  void cut_from(size_t part, std::string_view text, PiecePosition position, PieceSink sink) const {
    if (part == parts_.size()) return sink(text);
    if (part + 1 == parts_.size()) return parts_[part]->cut(text, position, sink);
    parts_[part]->cut(text, position, [&](std::string_view piece) {
      // A part that changes text (its pieces lie elsewhere) keeps where the first one stood.
      const bool begins = piece.data() == text.data();
      cut_from(part + 1, piece, begins ? position : PiecePosition::kInside, sink);
    });
  }
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

SplitBehavior behavior_of(const JsonFields& fields, const char* fallback) {
  const std::string name = fields.text("behavior", fallback);
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  fields.refuse(fmt::format("behavior '{}' is not supported", name));
}

std::unique_ptr<PreTokenizer> make_split(const JsonFields& fields) {
  const SplitBehavior behavior = behavior_of(fields, "");
  const bool invert = fields.flag("invert", false);
  const auto [text, is_regex] = fields.pattern("pattern");
  const auto known = known_word_pattern(text);
  // These match every character, so that what is kept is the matches, whichever way it is said.
  const bool keeps_matches = (behavior == SplitBehavior::kIsolated && !invert) ||
                             (behavior == SplitBehavior::kRemoved && invert);
  if (is_regex && known && keeps_matches) return std::make_unique<WordSplit>(*known);
  return std::make_unique<RegexSplit>(is_regex ? Regex(text, fields.where()) : Regex::literal(text),
                                      behavior, invert);
}

std::unique_ptr<PreTokenizer> make_metaspace(const JsonFields& fields) {
  const std::string scheme =
      fields.text("prepend_scheme", fields.flag("add_prefix_space", true) ? "always" : "never");
  const std::string replacement = fields.text("replacement", "\u2581");
  if (replacement.empty()) fields.refuse("an empty replacement");
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    fields.refuse(fmt::format("prepend_scheme '{}' is not supported", scheme));
  }
  const auto prepend = scheme == "always"  ? Metaspace::Prepend::kAlways
                       : scheme == "first" ? Metaspace::Prepend::kFirst
                                           : Metaspace::Prepend::kNever;
  return std::make_unique<Metaspace>(replacement, prepend, fields.flag("split", true));
}

char32_t delimiter_of(const JsonFields& fields) {
  const std::string text = fields.text("delimiter", "");
  if (text.empty() || valid_character(text.data(), text.size()) != text.size()) {
    fields.refuse("delimiter is not one character");
  }
  return character_at(text.data());
}

std::unique_ptr<PreTokenizer> make(const JsonFields& fields, bool last, bool& byte_level,
                                   size_t depth) {
  const std::string type = fields.text("type", "");
  if (type == "Sequence") {
    const Json& list = fields.list("pretokenizers");
    if (list.size() > kMaxParts || depth > 4) fields.refuse("too many parts");
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    for (size_t i = 0; i < list.size(); ++i) {
      parts.push_back(make(JsonFields(list[i], fields.where()), last && i + 1 == list.size(),
                           byte_level, depth + 1));
    }
    return std::make_unique<Sequence>(std::move(parts));
  }
  if (type == "ByteLevel") {
    byte_level = byte_level || last;
    return std::make_unique<ByteLevel>(fields.flag("add_prefix_space", true),
                                       fields.flag("use_regex", true), !last);
  }
  if (type == "Split") return make_split(fields);
  if (type == "Metaspace") return make_metaspace(fields);
  if (type == "Digits") {
    return at_class(fields.flag("individual_digits", false) ? SplitBehavior::kIsolated
                                                            : SplitBehavior::kContiguous,
                    kNumberClass);
  }
  if (type == "Punctuation") {
    return at_class(behavior_of(fields, "Isolated"), kPunctuationClass, true);
  }
  if (type == "WhitespaceSplit") return at_class(SplitBehavior::kRemoved, kSpaceClass);
  if (type == "BertPreTokenizer") {
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    parts.push_back(at_class(SplitBehavior::kRemoved, kSpaceClass));
    parts.push_back(at_class(SplitBehavior::kIsolated, kPunctuationClass, true));
    return std::make_unique<Sequence>(std::move(parts));
  }
  if (type == "Whitespace") {
    return std::make_unique<RegexSplit>(Regex(R"(\w+|[^\w\s]+)", fields.where()),
                                        SplitBehavior::kRemoved, true);
  }
  if (type == "CharDelimiterSplit") {
    return at_characters(SplitBehavior::kRemoved,
                         [delimiter = delimiter_of(fields)](char32_t c) { return c == delimiter; });
  }
  fields.refuse(fmt::format("pre_tokenizer {} is not supported", type));
}

}  // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& json, std::string_view where,
                                                 bool& byte_level) {
  byte_level = false;
  if (json.is_null()) return nullptr;
  return make(JsonFields(json, fmt::format("{}: pre_tokenizer", where)), true, byte_level, 0);
}

}  // namespace twin
