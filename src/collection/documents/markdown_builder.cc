#include "collection/documents/markdown_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace twin {
namespace {

constexpr std::string_view kSpaces = " \t\n";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

// Puts marks around the text, inside its outer spaces.
std::string wrapped(std::string_view text, std::string_view open, std::string_view close) {
  const std::string_view inner = trimmed(text);
  if (inner.empty()) return std::string(text);
  const auto before = static_cast<size_t>(inner.data() - text.data());
  return fmt::format("{}{}{}{}{}", text.substr(0, before), open, inner, close,
                     text.substr(before + inner.size()));
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == '\n' || c == ' ' || c == '\t';
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

// Each line but the first after `prefix`.
std::string indented(std::string_view text, std::string_view prefix) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += prefix;
  }
  return out;
}

}  // namespace

void InlineText::add(std::string_view text, const TextFormat& format) {
  if (text.empty()) return;
  if (pieces_.empty() || !(pieces_.back().format == format)) pieces_.push_back({"", format});
  pieces_.back().text += text;
}

void InlineText::line_break() {
  if (!empty()) add("  \n", pieces_.back().format);
}

bool InlineText::empty() const {
  return std::all_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return trimmed(piece.text).empty(); });
}

std::string InlineText::plain() const {
  std::string text;
  for (const Piece& piece : pieces_) text += piece.text;
  return one_line(text);
}

std::string InlineText::markdown() const {
  std::string out;
  for (size_t i = 0; i < pieces_.size();) {
    const std::string& link = pieces_[i].format.link;
    std::string inner;
    do {
      const TextFormat& format = pieces_[i].format;
      std::string text = pieces_[i].text;
      if (format.italic) text = wrapped(text, "*", "*");
      if (format.bold) text = wrapped(text, "**", "**");
      if (format.struck) text = wrapped(text, "~~", "~~");
      inner += text;
      ++i;
    } while (i < pieces_.size() && pieces_[i].format.link == link);
    out += link.empty() || one_line(inner) == link
               ? inner
               : wrapped(inner, "[", fmt::format("]({})", link));
  }
  return std::string(trimmed(out));
}

void MarkdownBuilder::begin(Kind kind) {
  if (last_ == Kind::kCode && kind != Kind::kCode) out_ += "```\n";
  const bool goes_on = kind == last_ && (kind == Kind::kItem || kind == Kind::kCode);
  if (!out_.empty() && !goes_on) out_ += '\n';
  if (kind == Kind::kCode && last_ != Kind::kCode) out_ += "```\n";
  if (kind != Kind::kItem) indents_.clear();
  last_ = kind;
}

void MarkdownBuilder::heading(int level, std::string_view text) {
  const std::string line = one_line(text);
  if (line.empty()) return;
  begin(Kind::kBlock);
  out_ +=
      fmt::format("{} {}\n", std::string(static_cast<size_t>(std::clamp(level, 1, 6)), '#'), line);
}

void MarkdownBuilder::paragraph(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return;
  begin(Kind::kBlock);
  out_.append(text) += '\n';
}

void MarkdownBuilder::quote(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return;
  begin(Kind::kBlock);
  out_ += "> " + indented(text, "> ") + '\n';
}

void MarkdownBuilder::code_line(std::string_view text) {
  if (trimmed(text).empty() && last_ != Kind::kCode) return;
  begin(Kind::kCode);
  out_.append(text) += '\n';
}

void MarkdownBuilder::item(size_t level, int number, std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return;
  // A list of another kind, or one that counts anew, is another list.
  const bool another = level == 0 && ((number > 0) != (number_ > 0) || number == 1);
  if (last_ == Kind::kItem && another) last_ = Kind::kBlock;
  if (level == 0) number_ = number;
  begin(Kind::kItem);
  level = std::min(level, indents_.size());
  indents_.resize(level);
  size_t indent = 0;
  for (const size_t width : indents_) indent += width;
  const std::string mark = number > 0 ? fmt::format("{}. ", number) : "- ";
  indents_.push_back(mark.size());
  out_ += std::string(indent, ' ') + mark + indented(text, std::string(indent + mark.size(), ' ')) +
          '\n';
}

void MarkdownBuilder::table(const std::vector<std::vector<std::string>>& rows) {
  size_t columns = 0;
  bool text = false;
  for (const auto& row : rows) {
    columns = std::max(columns, row.size());
    for (const std::string& cell : row) text = text || !trimmed(cell).empty();
  }
  if (!text) return;
  // One cell is a frame around its text.
  if (columns == 1) {
    for (const auto& row : rows) paragraph(row.empty() ? "" : row[0]);
    return;
  }
  begin(Kind::kBlock);
  for (size_t i = 0; i < rows.size(); ++i) {
    out_ += '|';
    for (size_t k = 0; k < columns; ++k) {
      out_ += ' ' + (k < rows[i].size() ? one_line(rows[i][k]) : "") + " |";
    }
    out_ += '\n';
    if (i > 0) continue;
    out_ += '|';
    for (size_t k = 0; k < columns; ++k) out_ += " --- |";
    out_ += '\n';
  }
}

std::string MarkdownBuilder::finish() {
  if (last_ == Kind::kCode) out_ += "```\n";
  last_ = Kind::kNone;
  return std::move(out_);
}

}  // namespace twin
