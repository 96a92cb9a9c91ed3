#include "features/chunk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
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
      // Indentation belongs to what follows.
      const size_t line = text.rfind('\n', next - 1) + 1;
      return std::min(line, end);
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
    std::vector<Piece> pieces;
    bool gap = true;
    for (const Span& span : clean.spans) {
      if (!span.kept()) {
        const bool inline_tag = span.reason == RemovalReason::kHtml &&
                                !has_line_break(slice(text_, span.range)) && !pieces.empty() &&
                                !slice(text_, pieces.back().range).ends_with('\n');
        gap = gap || !inline_tag;
        continue;
      }
      if (!gap && !pieces.empty() && pieces.back().kind == span.kind &&
          span.kind == SpanKind::kProse) {
        // The paragraph goes on behind a tag: take its rest in, then cut what follows.
        const size_t begin = pieces.back().range.begin;
        pieces.pop_back();
        cut(begin, span.range.end, span.kind, pieces.empty() ? true : false, pieces);
      } else {
        cut(span.range.begin, span.range.end, span.kind, gap, pieces);
      }
      gap = false;
    }
    return pieces;
  }

  void cut(size_t begin, size_t end, SpanKind kind, bool starts_group,
           std::vector<Piece>& pieces) const {
    while (begin < end) {
      const size_t next = kind == SpanKind::kProse ? blank_line_after(text_, begin, end) : end;
      pieces.push_back({{begin, next}, kind, starts_group || kind == SpanKind::kHeading});
      starts_group = false;
      begin = next;
    }
  }

  void add(const Piece& piece, const CleanDocument& clean) {
    const size_t tokens = estimate_tokens(slice(text_, piece.range));
    const bool only_headings = pending_tokens_ > 0 && !pending_has_body_;
    const bool breaks = piece.starts_group && !(only_headings && piece.range.begin == pending_.end);
    const bool full = pending_has_body_ && pending_tokens_ + tokens > options_.target_tokens;
    const bool too_long = pending_tokens_ + tokens > options_.max_tokens;
    if (pending_tokens_ > 0 && (breaks || full)) flush(clean);
    if (piece.kind == SpanKind::kHeading) note_heading(slice(text_, piece.range));
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
      size_t tokens = estimate_tokens(slice(text_, rest));
      if (pending_tokens_ > 0 && pending_tokens_ + tokens > options_.max_tokens) flush(clean);
      while (tokens > options_.max_tokens) {
        const size_t end = end_of_some_words(rest);
        extend({rest.begin, end}, estimate_tokens(slice(text_, {rest.begin, end})), true);
        rest.begin = end;
        tokens = estimate_tokens(slice(text_, rest));
        if (rest.size() > 0) flush(clean);
      }
      if (rest.size() > 0) extend(rest, tokens, true);
      if (pending_tokens_ >= options_.target_tokens) flush(clean);
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

  // As many whole words as fit the maximum, white space after them included; a run without words is
  // cut between characters.
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
        if (next - piece >= 4 * options_.max_tokens) break;
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

  void note_heading(std::string_view line) {
    const std::vector<Block> blocks = markdown_blocks(line);
    const auto heading = std::find_if(blocks.begin(), blocks.end(), [](const Block& block) {
      return block.kind == BlockKind::kHeading;
    });
    if (heading == blocks.end()) return;
    const auto level = static_cast<size_t>(heading->heading_level);
    while (!headings_.empty() && headings_.back().first >= level) headings_.pop_back();
    headings_.emplace_back(level, heading->heading_text);
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
    chunk.text = std::string(slice(text_, pending_));
    chunk.own_prose = mostly_prose(clean);
    chunks_.push_back(std::move(chunk));
    pending_open_ = false;
    pending_tokens_ = 0;
    pending_has_body_ = false;
  }

  bool mostly_prose(const CleanDocument& clean) const {
    size_t prose = 0;
    for (const Span& span : clean.spans) {
      const size_t begin = std::max(span.range.begin, pending_.begin);
      const size_t end = std::min(span.range.end, pending_.end);
      if (begin < end && span.kind == SpanKind::kProse) prose += end - begin;
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
