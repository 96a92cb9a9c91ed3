#include "features/clean.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "base/hashing.h"
#include "features/boilerplate.h"
#include "text/markdown.h"
#include "text/unicode.h"

namespace twin {
namespace {

// A block shorter than this many bytes of folded text may recur because the author says it often.
constexpr size_t kMinRepeatedBytes = 24;
constexpr size_t kMinRepeatedDocuments = 3;
constexpr size_t kRepeatedShare = 12;  // one document in so many

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool has_content(BlockKind kind) {
  return kind != BlockKind::kBlank && kind != BlockKind::kFrontMatter;
}

std::string hash_of_block(std::string_view text) {
  std::string folded = fold(trimmed(text));
  if (folded.size() < kMinRepeatedBytes) return {};
  return sha256(folded).substr(0, 24);
}

// Lines of a block without list marks, quote marks and heading marks.
std::vector<std::string_view> bare_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    const size_t digits = line.find_first_not_of("0123456789");
    if (digits != std::string_view::npos && digits > 0 && line.substr(digits, 2) == ". ") {
      line = trimmed(line.substr(digits + 2));
    }
    while (!line.empty() && (line[0] == '*' || line[0] == '-' || line[0] == '#')) {
      if (line.size() > 1 && line[1] != ' ' && line[1] != '#') break;
      line = trimmed(line.substr(1));
    }
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A list of short items none of which is a sentence: a menu where it stands before the text begins.
bool looks_like_menu(std::string_view text) {
  for (std::string_view line : bare_lines(text)) {
    if (words(line).size() > 7 || line.ends_with('.') || line.ends_with('!') ||
        line.ends_with('?')) {
      return false;
    }
  }
  return true;
}

// Prose, as against a heading, a byline or a button: a sentence of some length.
bool is_sentence(std::string_view text) {
  return words(text).size() >= 8 && text.find_first_of(".!?:") != std::string_view::npos;
}

bool is_only_images(std::string_view text) {
  text = trimmed(text);
  return text.starts_with("![") && text.ends_with(')') && text.find('\n') == text.npos &&
         plain_text(text).empty();
}

bool is_liquid(std::string_view text) {
  text = trimmed(text);
  return (text.starts_with("{%") && text.ends_with("%}") && text.find("{%", 2) == text.npos) ||
         (text.starts_with("{{") && text.ends_with("}}") && text.find("{{", 2) == text.npos) ||
         text.starts_with("{:") || text == "<!--more-->";
}

// Collects spans in order, joining neighbours that are alike.
class SpanList {
 public:
  void add(size_t end, SpanKind kind, RemovalReason reason) {
    const size_t begin = spans_.empty() ? 0 : spans_.back().range.end;
    if (end <= begin) return;
    if (!spans_.empty() && spans_.back().kind == kind && spans_.back().reason == reason) {
      spans_.back().range.end = end;
    } else {
      spans_.push_back({{begin, end}, kind, reason});
    }
  }
  void keep(size_t end, SpanKind kind) { add(end, kind, RemovalReason::kNone); }
  void remove(size_t end, RemovalReason reason) { add(end, SpanKind::kRemoved, reason); }
  // White space goes with whatever stands before it.
  void extend(size_t end) {
    if (spans_.empty()) return remove(end, RemovalReason::kMarkup);
    spans_.back().range.end = end;
  }
  std::vector<Span> take() { return std::move(spans_); }

 private:
  std::vector<Span> spans_;
};

// HTML inside Markdown: tags and comments are removed, what stands between them stays.
class HtmlMarker {
 public:
  HtmlMarker(std::string_view text, SpanList& spans) : text_(text), spans_(spans) {}

  // `kind` is what text outside of any quoting or code element is.
  void mark(ByteRange range, SpanKind kind) {
    size_t at = range.begin;
    while (at < range.end) {
      const size_t open = find_tag(at, range.end);
      if (open > at) {
        if (hidden_ > 0) {
          spans_.remove(open, RemovalReason::kHtml);
        } else {
          spans_.keep(open, code_ > 0 ? SpanKind::kCode : quote_ > 0 ? SpanKind::kQuote : kind);
        }
      }
      if (open == range.end) break;
      at = tag_end(open, range.end);
      note_tag(text_.substr(open, at - open));
      spans_.remove(at, RemovalReason::kHtml);
    }
  }
  bool inside() const { return code_ > 0 || quote_ > 0 || hidden_ > 0; }

 private:
  static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!';
  }

  // Where the next tag or comment opens in [at, end), skipping code between backticks.
  size_t find_tag(size_t at, size_t end) const {
    for (size_t i = at; i < end; ++i) {
      if (text_[i] == '`') {
        size_t run = i;
        while (run < end && text_[run] == '`') ++run;
        const size_t close = text_.substr(0, end).find(text_.substr(i, run - i), run);
        i = close == std::string_view::npos ? run - 1 : close + (run - i) - 1;
      } else if (text_[i] == '<' && i + 1 < end && is_name_start(text_[i + 1]) &&
                 tag_end(i, end) > i && !is_autolink(i, end)) {
        return i;
      }
    }
    return end;
  }

  bool is_autolink(size_t at, size_t end) const {
    const std::string_view rest = text_.substr(at + 1, std::min<size_t>(end - at - 1, 12));
    return rest.starts_with("http:") || rest.starts_with("https:") || rest.starts_with("mailto:");
  }

  // One past the tag's '>', or `at` itself where it never closes.
  size_t tag_end(size_t at, size_t end) const {
    const std::string_view text = text_.substr(0, end);
    if (text.substr(at, 4) == "<!--") {
      const size_t close = text.find("-->", at + 4);
      return close == std::string_view::npos ? end : close + 3;
    }
    const size_t close = text.find_first_of("<>", at + 1);
    if (close == std::string_view::npos || text[close] == '<') return at;
    return close + 1;
  }

  void note_tag(std::string_view tag) {
    const bool closes = tag.starts_with("</");
    tag.remove_prefix(closes ? 2 : 1);
    const std::string name = lower(tag.substr(0, tag.find_first_of(" \t\r\n/>")));
    int* depth = name == "pre" || name == "code"       ? &code_
                 : name == "blockquote"                ? &quote_
                 : name == "script" || name == "style" ? &hidden_
                                                       : nullptr;
    if (depth == nullptr) return;
    if (closes) {
      *depth = std::max(0, *depth - 1);
    } else if (!tag.ends_with("/>")) {
      ++*depth;
    }
  }

  std::string_view text_;
  SpanList& spans_;
  int code_ = 0, quote_ = 0, hidden_ = 0;
};

// Decides about each block of one document, in order.
class Cleaner {
 public:
  Cleaner(const RawDocument& document, const RepeatedBlocks& repeated)
      : document_(document),
        text_(document.verbatim),
        repeated_(repeated),
        blocks_(markdown_blocks(text_)),
        html_(text_, spans_) {
    find_body();
  }

  std::vector<Span> run() {
    for (size_t i = 0; i < blocks_.size(); ++i) decide(i);
    return spans_.take();
  }

 private:
  std::string_view text_of(const Block& block) const { return slice(text_, block.range); }

  // The title as the author set it: the first heading that repeats the document's title, else the
  // first heading; and where the page's own chrome ends.
  void find_body() {
    // Menus stand before the first sentence of a page that was read off a site.
    for (first_sentence_ = 0; first_sentence_ < blocks_.size(); ++first_sentence_) {
      const Block& block = blocks_[first_sentence_];
      if (block.kind == BlockKind::kParagraph && is_sentence(text_of(block)) &&
          !is_boilerplate_line(text_of(block))) {
        break;
      }
    }
    // What a platform appends begins with one of its own headings and holds nothing of the
    // author's.
    footer_ = blocks_.size();
    for (size_t i = blocks_.size(); i-- > first_sentence_;) {
      if (blocks_[i].kind == BlockKind::kHeading &&
          fold(blocks_[i].heading_text) == "discussion about this post") {
        footer_ = i;
      }
    }
  }

  bool scraped() const {
    return document_.media_type.find("json") != std::string::npos ||
           document_.media_type == "text/html";
  }

  void decide(size_t i) {
    const Block& block = blocks_[i];
    const size_t end = block.range.end;
    const std::string_view text = text_of(block);
    switch (block.kind) {
      case BlockKind::kBlank:
        return spans_.extend(end);
      case BlockKind::kFrontMatter:
        return spans_.remove(end, RemovalReason::kFrontMatter);
      case BlockKind::kLinkDefinition:
        return spans_.remove(end, RemovalReason::kMarkup);
      case BlockKind::kRule:
        return spans_.remove(end, RemovalReason::kMarkup);
      case BlockKind::kCode:
        if (!html_.inside()) return code(block, text);
        break;
      default:
        break;
    }
    if (is_liquid(text) || is_only_images(text)) {
      return spans_.remove(end, RemovalReason::kMarkup);
    }
    if (i >= footer_ || is_navigation(i, block, text)) {
      return spans_.remove(end, RemovalReason::kNavigation);
    }
    if (const std::string hash = hash_of_block(text); !hash.empty() && repeated_.count(hash) > 0) {
      return spans_.remove(end, RemovalReason::kRepeated);
    }
    if (block.kind == BlockKind::kQuote) return spans_.keep(end, SpanKind::kQuote);
    const SpanKind kind = block.kind == BlockKind::kHeading ? SpanKind::kHeading : SpanKind::kProse;
    html_.mark(block.range, kind);
  }

  // An indented block with nothing in it is how some extractors leave an empty line.
  void code(const Block& block, std::string_view text) {
    if (trimmed(text).empty()) return spans_.extend(block.range.end);
    spans_.keep(block.range.end, SpanKind::kCode);
  }

  bool is_navigation(size_t i, const Block& block, std::string_view text) const {
    const std::vector<std::string_view> lines = bare_lines(text);
    if (block.kind == BlockKind::kHeading) {
      if (lines.empty() || is_boilerplate_line(block.heading_text)) return true;
      return scraped() && follows_share_prompt(i);
    }
    const bool all_boilerplate = std::all_of(lines.begin(), lines.end(), [](std::string_view line) {
      return is_boilerplate_line(line);
    });
    if (all_boilerplate) return true;
    if (!scraped()) return false;
    if (is_byline(text)) return true;
    if (i < first_sentence_ && block.kind == BlockKind::kList) return looks_like_menu(text);
    return block.kind == BlockKind::kParagraph && is_site_name(text);
  }

  // "#### Title" after "Share this post" is the platform's card of the article.
  bool follows_share_prompt(size_t i) const {
    while (i-- > 0) {
      if (blocks_[i].kind == BlockKind::kBlank) continue;
      return fold(trimmed(text_of(blocks_[i]))) == "share this post";
    }
    return false;
  }

  bool is_byline(std::string_view text) const {
    const std::string line = fold(trimmed(text));
    const std::string name = fold(document_.author_full_name);
    if (line == name) return true;
    // "Paul Iusztin and Ana Somebody", a column of names: no verb, no stop, few words.
    return !name.empty() && line.starts_with(name) && words(line).size() <= 8 &&
           line.find_first_of(".!?:,") == std::string::npos;
  }

  // A host name alone in a paragraph.
  bool is_site_name(std::string_view text) const {
    text = trimmed(text);
    return !document_.platform.empty() && text == document_.platform;
  }

  const RawDocument& document_;
  std::string_view text_;
  const RepeatedBlocks& repeated_;
  std::vector<Block> blocks_;
  SpanList spans_;
  HtmlMarker html_;
  size_t first_sentence_ = 0;
  size_t footer_ = 0;
};

}  // namespace

CleanDocument clean(const RawDocument& document, const RepeatedBlocks& repeated) {
  CleanDocument result{document.id, document.version, Cleaner(document, repeated).run()};
  check_partition(result, document.verbatim.size());
  return result;
}

std::vector<std::string> block_hashes(std::string_view verbatim) {
  std::vector<std::string> hashes;
  for (const Block& block : markdown_blocks(verbatim)) {
    if (!has_content(block.kind)) continue;
    if (std::string hash = hash_of_block(slice(verbatim, block.range)); !hash.empty()) {
      hashes.push_back(std::move(hash));
    }
  }
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

RepeatedBlocks repeated_blocks(const std::vector<std::vector<std::string>>& hashes_by_document) {
  std::map<std::string, size_t> documents;
  for (const auto& hashes : hashes_by_document) {
    for (const std::string& hash : hashes) ++documents[hash];
  }
  RepeatedBlocks repeated;
  for (const auto& [hash, count] : documents) {
    if (count >= kMinRepeatedDocuments && count * kRepeatedShare >= hashes_by_document.size()) {
      repeated.insert(hash);
    }
  }
  return repeated;
}

}  // namespace twin
