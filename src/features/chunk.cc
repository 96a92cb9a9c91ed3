#include "features/chunk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "domain/masking.h"
#include "text/markdown.h"
#include "text/sentences.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Something that is cut no further unless it is too long: a paragraph, a heading, a code block.
struct Piece {
  ByteRange range;
  SpanKind kind;
  bool starts_group;  // a chunk may not reach back across its beginning
};

bool has_line_break(std::string_view text) { return text.find('\n') != std::string_view::npos; }

size_t blank_line_after(std::string_view text, size_t at, size_t end) {
  for (size_t i = text.find('\n', at); i < end; i = text.find('\n', i + 1)) {
    size_t next = i + 1;
    while (next < end && (text[next] == ' ' || text[next] == '\t' || text[next] == '\r')) ++next;
    if (next < end && text[next] == '\n') {
      while (next < end && (text[next] == '\n' || text[next] == ' ' || text[next] == '\r' ||
                            text[next] == '\t')) {
        ++next;
      }
      if (next == end) return end;
      // Indentation belongs to what follows.
      while (text[next - 1] == ' ' || text[next - 1] == '\t') --next;
      return next;
    }
  }
  return end;
}

class Chunker {
 public:
  Chunker(const RawDocument& document, const ChunkOptions& options)
      : document_(document), text_(document.verbatim), options_(options) {
    TWIN_CHECK(options.target_tokens > 0 && options.max_tokens >= options.target_tokens);
  }

  std::vector<Chunk> run(const CleanDocument& clean) {
    for (const Piece& piece : pieces_of(clean)) add(piece, clean);
    flush(clean);
    return std::move(chunks_);
  }

 private:
  // Kept stretches, joined across inline tags, cut at blank lines; headings alone.
  std::vector<Piece> pieces_of(const CleanDocument& clean) const {
    std::vector<Piece> stretches;
    bool gap = true;
    for (const Span& span : clean.spans) {
      const std::string_view text = slice(text_, span.range);
      if (!span.kept()) {
        const bool inline_tag = span.reason == RemovalReason::kHtml && !has_line_break(text) &&
                                !stretches.empty() && text_[stretches.back().range.end - 1] != '\n';
        gap = gap || !inline_tag;
        continue;
      }
      const bool goes_on = !gap && stretches.back().kind == span.kind &&
                           (span.kind == SpanKind::kProse || span.kind == SpanKind::kHeading);
      if (goes_on) {
        stretches.back().range.end = span.range.end;
      } else {
        stretches.push_back({span.range, span.kind, gap});
      }
      gap = false;
    }
    std::vector<Piece> pieces;
    bool starts_group = false;
    for (Piece& stretch : stretches) {
      starts_group |= stretch.starts_group;
      if (estimate_tokens(slice(text_, stretch.range)) == 0) continue;
      stretch.starts_group = starts_group;
      cut(stretch, pieces);
      starts_group = false;
    }
    return pieces;
  }

  void cut(const Piece& stretch, std::vector<Piece>& pieces) const {
    bool starts_group = stretch.starts_group || stretch.kind == SpanKind::kHeading;
    for (size_t begin = stretch.range.begin; begin < stretch.range.end;) {
      const size_t next = stretch.kind == SpanKind::kProse
                              ? blank_line_after(text_, begin, stretch.range.end)
                              : stretch.range.end;
      pieces.push_back({{begin, next}, stretch.kind, starts_group});
      starts_group = false;
      begin = next;
    }
  }

  void add(const Piece& piece, const CleanDocument& clean) {
    const size_t tokens = estimate_tokens(slice(text_, piece.range));
    const bool only_headings = pending_open_ && !pending_has_body_;
    const bool breaks = piece.starts_group && !(only_headings && piece.range.begin == pending_.end);
    const bool full = pending_tokens_ > 0 && pending_has_body_ && tokens > 0 &&
                      pending_tokens_ + tokens > options_.target_tokens;
    const bool too_long = pending_tokens_ + tokens > options_.max_tokens;
    if (breaks || full) flush(clean);
    if (piece.kind == SpanKind::kHeading) note_headings(slice(text_, piece.range));
    if (tokens > options_.max_tokens || (too_long && only_headings)) {
      add_long(piece, clean);
    } else {
      extend(piece.range, tokens, piece.kind != SpanKind::kHeading);
    }
  }

  // A piece beyond the maximum, sentence by sentence; a code block line by line.
  void add_long(const Piece& piece, const CleanDocument& clean) {
    const std::string_view text = slice(text_, piece.range);
    for (const ByteRange& part : piece.kind == SpanKind::kCode ? lines(text) : sentences(text)) {
      ByteRange rest{piece.range.begin + part.begin, piece.range.begin + part.end};
      const size_t tokens = estimate_tokens(slice(text_, rest));
      const bool full = pending_tokens_ >= options_.target_tokens ||
                        pending_tokens_ + tokens > options_.max_tokens;
      if (pending_tokens_ > 0 && tokens > 0 && full) flush(clean);
      if (tokens > options_.max_tokens) {
        for (size_t end = 0; (end = end_of_some_words(rest)) < rest.end; rest.begin = end) {
          extend({rest.begin, end}, estimate_tokens(slice(text_, {rest.begin, end})), true);
          flush(clean);
        }
      }
      extend(rest, estimate_tokens(slice(text_, rest)), true);
    }
  }

  static std::vector<ByteRange> lines(std::string_view text) {
    std::vector<ByteRange> found;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
      found.push_back({begin, end});
      begin = end;
    }
    return found;
  }

  // As many whole words as fit the maximum, white space after them included; a word that alone does
  // not fit is cut between characters.
  size_t end_of_some_words(ByteRange range) const {
    size_t end = range.begin, tokens = 0, piece = range.begin;
    while (piece < range.end) {
      size_t next = piece;
      bool in_word = true;
      while (next < range.end) {
        const CodePoint c = code_point_at(text_, next);
        if (is_space(c.value)) in_word = false;
        if (!in_word && !is_space(c.value)) break;
        next += c.bytes;
        if (next - piece >= options_.max_tokens) break;  // a token is a byte at least
      }
      next = std::min(next, range.end);
      tokens += estimate_tokens(text_.substr(piece, next - piece));
      if (tokens > options_.max_tokens && end > range.begin) break;
      end = piece = next;
      if (tokens > options_.max_tokens) break;
    }
    return end;
  }

  void extend(ByteRange range, size_t tokens, bool body) {
    if (pending_tokens_ == 0 && !pending_open_) pending_ = range;
    pending_open_ = true;
    pending_.end = range.end;
    pending_tokens_ += tokens;
    pending_has_body_ = pending_has_body_ || body;
  }

  // One span may hold several headings, and the rest of one that was wrapped below it.
  void note_headings(std::string_view lines) {
    for (const Block& block : markdown_blocks(lines)) {
      if (block.kind == BlockKind::kHeading) {
        const auto level = static_cast<size_t>(block.heading_level);
        while (!headings_.empty() && headings_.back().first >= level) headings_.pop_back();
        headings_.emplace_back(level, block.heading_text);
      } else if (block.kind == BlockKind::kParagraph && !headings_.empty()) {
        headings_.back().second += ' ' + plain_text(slice(lines, block.range));
      }
    }
  }

  void flush(const CleanDocument& clean) {
    if (!pending_open_) return;
    Chunk chunk;
    chunk.document_id = document_.id;
    chunk.version = document_.version;
    chunk.ordinal = chunks_.size();
    chunk.id = fmt::format("{}:{}", document_.id, chunk.ordinal);
    chunk.range = pending_;
    chunk.title = document_.title;
    for (const auto& [level, text] : headings_) {
      if (text != document_.title) chunk.heading_path.push_back(text);
    }
    chunk.tokens = pending_tokens_;
    chunk.text = masked(text_, pending_, clean.private_spans);
    chunk.own_prose = mostly_prose(clean);
    chunks_.push_back(std::move(chunk));
    pending_open_ = false;
    pending_tokens_ = 0;
    pending_has_body_ = false;
  }

  bool mostly_prose(const CleanDocument& clean) const {
    size_t prose = 0;
    auto span = std::partition_point(clean.spans.begin(), clean.spans.end(),
                                     [&](const Span& s) { return s.range.end <= pending_.begin; });
    for (; span != clean.spans.end() && span->range.begin < pending_.end; ++span) {
      const size_t begin = std::max(span->range.begin, pending_.begin);
      const size_t end = std::min(span->range.end, pending_.end);
      if (span->kind == SpanKind::kProse) prose += end - begin;
    }
    return 2 * prose > pending_.size();
  }

  const RawDocument& document_;
  std::string_view text_;
  ChunkOptions options_;
  std::vector<Chunk> chunks_;
  std::vector<std::pair<size_t, std::string>> headings_;  // level, text
  ByteRange pending_;
  bool pending_open_ = false;
  size_t pending_tokens_ = 0;
  bool pending_has_body_ = false;
};

}  // namespace

size_t estimate_tokens(std::string_view text) {
  enum class Run { kSpace, kLetters, kDigits, kOther };
  size_t tokens = 0, length = 0;
  Run run = Run::kSpace;
  const auto close = [&] {
    if (run == Run::kLetters) tokens += (length + 4) / 5;
    if (run == Run::kDigits) tokens += (length + 2) / 3;
    if (run == Run::kOther) tokens += (length + 1) / 2;
    length = 0;
  };
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    const Run kind = is_space(c.value)                        ? Run::kSpace
                     : is_digit(c.value)                      ? Run::kDigits
                     : is_letter(c.value) || is_mark(c.value) ? Run::kLetters
                                                              : Run::kOther;
    if (kind != run) close();
    run = kind;
    length += kind == Run::kLetters && c.bytes == 1 ? 1 : c.bytes > 1 ? 3 : 1;
    i += c.bytes;
  }
  close();
  return tokens;
}

std::vector<Chunk> chunk(const RawDocument& document, const CleanDocument& clean,
                         const ChunkOptions& options) {
  return Chunker(document, options).run(clean);
}

}  // namespace twin
