#include "features/clean.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/hashing.h"
#include "features/authorship.h"
#include "features/boilerplate.h"
#include "features/captions.h"
#include "features/foreign_text.h"
#include "features/html_marker.h"
#include "features/page_chrome.h"
#include "text/markdown.h"
#include "text/unicode.h"

namespace twin {
namespace {

// A block shorter than this many bytes of folded text may recur because the author says it often.
constexpr size_t kMinRepeatedBytes = 24;
constexpr size_t kMinRepeatedDocuments = 3;
constexpr size_t kRepeatedShare = 12;  // one document in so many
// A block of this many bytes that an earlier document has too is no new text.
constexpr size_t kMinSaidBeforeBytes = 80;

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

bool is_liquid(std::string_view text) {
  text = trimmed(text);
  return (text.starts_with("{%") && text.ends_with("%}") && text.find("{%", 2) == text.npos) ||
         (text.starts_with("{{") && text.ends_with("}}") && text.find("{{", 2) == text.npos) ||
         text.starts_with("{:") || text == "<!--more-->";
}

// Nothing that can be seen: white space of any kind.
bool is_invisible(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (!is_space(c.value)) return false;
    i += c.bytes;
  }
  return true;
}

// Decides about each block of one document, in order.
class Cleaner {
 public:
  Cleaner(const RawDocument& document, const RepeatedBlocks& repeated, const CleanOptions& options)
      : document_(document),
        text_(document.verbatim),
        repeated_(repeated),
        options_(options),
        from_html2text_(document.media_type.find("json") != std::string::npos),
        blocks_(markdown_blocks(text_)),
        chrome_(page_chrome(document, blocks_)),
        html_(text_, spans_) {}

  std::vector<Span> run() {
    for (size_t i = 0; i < blocks_.size(); ++i) decide(i);
    return relabelled(spans_.take(), not_voice());
  }

 private:
  void decide(size_t i) {
    const Block& block = blocks_[i];
    const size_t end = block.range.end;
    const std::string_view text = slice(text_, block.range);
    if (block.kind == BlockKind::kFrontMatter) {
      return spans_.remove(end, RemovalReason::kFrontMatter);
    }
    if (chrome_[i] != RemovalReason::kNone && block.kind != BlockKind::kBlank) {
      return spans_.remove(end, chrome_[i]);
    }
    if (is_invisible(text)) return spans_.extend(end);
    if (html_.inside(block.range.begin)) return html_.mark(block.range, SpanKind::kProse);
    if (block.kind == BlockKind::kCode) return spans_.keep(end, SpanKind::kCode);
    if (block.kind == BlockKind::kLinkDefinition || block.kind == BlockKind::kRule ||
        is_liquid(text) || is_only_images(text)) {
      return spans_.remove(end, RemovalReason::kMarkup);
    }
    if (const std::string hash = hash_of_block(text); !hash.empty() && repeated_.count(hash) > 0) {
      return spans_.remove(end, RemovalReason::kRepeated);
    }
    if (block.kind == BlockKind::kQuote) return spans_.keep(end, SpanKind::kQuote);
    if (block.kind == BlockKind::kHeading || goes_on_from_heading(i)) {
      return html_.mark(block.range, SpanKind::kHeading);
    }
    if (from_html2text_ && block.kind == BlockKind::kList) return list(block.range);
    if (from_html2text_ && block.kind == BlockKind::kParagraph) return paragraph(block.range);
    html_.mark(block.range, SpanKind::kProse);
  }

  // What of the prose is not the author's voice. A whole document's reason goes before a block's.
  std::vector<Relabelling> not_voice() const {
    if (const RemovalReason reason = authorship(document_, blocks_, options_.aliases);
        reason != RemovalReason::kNone && !options_.allowance.reasons.contains(reason)) {
      return {{{0, text_.size()}, SpanKind::kOther, reason}};
    }
    const std::vector<bool> caption = captions(text_, blocks_);
    const std::vector<bool> foreign =
        options_.allowance.reasons.contains(RemovalReason::kOtherLanguage)
            ? std::vector<bool>(blocks_.size(), false)
            : foreign_blocks(text_, blocks_, options_.language);
    std::vector<Relabelling> found;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      // White space goes with what stands before it.
      ByteRange range = blocks_[i].range;
      for (size_t k = i + 1; k < blocks_.size() && blocks_[k].kind == BlockKind::kBlank; ++k) {
        range.end = blocks_[k].range.end;
      }
      if (caption[i]) {
        found.push_back({range, SpanKind::kCaption, RemovalReason::kNone});
      } else if (foreign[i]) {
        found.push_back({range, SpanKind::kOther, RemovalReason::kOtherLanguage});
      } else if (was_said_before(blocks_[i].range)) {
        found.push_back({range, SpanKind::kOther, RemovalReason::kRepeated});
      }
    }
    return found;
  }

  bool was_said_before(ByteRange range) const {
    if (options_.said_before.empty() || range.size() < kMinSaidBeforeBytes) return false;
    return options_.said_before.contains(hash_of_block(slice(text_, range)));
  }

  // html2text wraps long headings: the rest stands directly below.
  bool goes_on_from_heading(size_t i) const {
    return from_html2text_ && i > 0 && blocks_[i - 1].kind == BlockKind::kHeading &&
           blocks_[i].kind == BlockKind::kParagraph;
  }

  void paragraph(ByteRange range) {
    const ByteRange own = without_page_frame(slice(text_, range));
    spans_.remove(range.begin + own.begin, RemovalReason::kNavigation);
    html_.mark({range.begin + own.begin, range.begin + own.end}, SpanKind::kProse);
    spans_.remove(range.end, RemovalReason::kNavigation);
  }

  // html2text puts lines of four spaces before code and indents it by four, which below a list
  // reads as a paragraph of its last item.
  void list(ByteRange range) {
    const auto indented = [&](std::string_view line) { return line.starts_with("    "); };
    bool code = false;
    size_t begin = range.begin;
    for (size_t at = range.begin; at < range.end;) {
      const size_t end = std::min(text_.find('\n', at), range.end - 1) + 1;
      const std::string_view line = text_.substr(at, end - at);
      const bool opens = !code && indented(line) && is_invisible(line);
      const bool closes = code && !indented(line) && !is_invisible(line);
      if (opens || closes) {
        mark_list(begin, at, code);
        begin = at;
        code = opens;
      }
      at = end;
    }
    mark_list(begin, range.end, code);
  }

  void mark_list(size_t begin, size_t end, bool code) {
    if (begin == end) return;
    if (is_invisible(text_.substr(begin, end - begin))) return spans_.extend(end);
    if (code) return spans_.keep(end, SpanKind::kCode);
    html_.mark({begin, end}, SpanKind::kProse);
  }

  const RawDocument& document_;
  std::string_view text_;
  const RepeatedBlocks& repeated_;
  const CleanOptions& options_;
  bool from_html2text_;  // the reference system's crawlers read pages with it
  std::vector<Block> blocks_;
  std::vector<RemovalReason> chrome_;
  SpanList spans_;
  HtmlMarker html_;
};

}  // namespace

CleanDocument clean(const RawDocument& document, const RepeatedBlocks& repeated,
                    const CleanOptions& options) {
  CleanDocument result{document.id, document.version, {}};
  if (document.genre == "code") {
    SpanList spans;
    spans.keep(document.verbatim.size(), SpanKind::kCode);
    result.spans = spans.take();
  } else {
    result.spans = Cleaner(document, repeated, options).run();
  }
  result.spans = with_kinds_as_prose(result.spans, options.allowance.kinds);
  check_partition(result, document.verbatim.size());
  return result;
}

CleanDocument clean_duplicate(const RawDocument& document, const std::string& kept) {
  CleanDocument result{document.id, document.version, {}};
  SpanList spans;
  spans.remove(document.verbatim.size(), RemovalReason::kDuplicate);
  result.spans = spans.take();
  result.duplicate_of = kept;
  return result;
}

std::vector<std::string> block_hashes(std::string_view verbatim) {
  return block_hashes(verbatim, markdown_blocks(verbatim));
}

std::vector<std::string> block_hashes(std::string_view verbatim, const std::vector<Block>& blocks) {
  std::vector<std::string> hashes;
  for (const Block& block : blocks) {
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
