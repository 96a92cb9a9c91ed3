#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

struct TextFormat {
  bool bold = false, italic = false, struck = false;
  std::string link;

  bool operator==(const TextFormat&) const = default;
};

// Text with formats as Markdown: pieces of one format, which office programs scatter, are put
// together, and marks stand inside the spaces around them.
class InlineText {
 public:
  void add(std::string_view text, const TextFormat& format = {});
  void line_break();
  bool empty() const;  // nothing but white space
  std::string markdown() const;
  std::string plain() const;  // without marks and links

 private:
  struct Piece {
    std::string text;
    TextFormat format;
  };
  std::vector<Piece> pieces_;
};

// Puts blocks together, a blank line between them; items of a list and lines of code follow one
// another. Text that is empty is no block.
class MarkdownBuilder {
 public:
  void heading(int level, std::string_view text);
  void paragraph(std::string_view text);
  void quote(std::string_view text);
  void code_line(std::string_view text);
  // `level` from 0. `number` 0: a bullet.
  void item(size_t level, int number, std::string_view text);
  void table(const std::vector<std::vector<std::string>>& rows);
  std::string finish();

 private:
  enum class Kind { kNone, kBlock, kItem, kCode };
  void begin(Kind kind);

  std::string out_;
  Kind last_ = Kind::kNone;
  int number_ = 0;               // of the last item of the first level; 0: a bullet
  std::vector<size_t> indents_;  // of the open list's levels: width of what stands before the text
};

}  // namespace twin
