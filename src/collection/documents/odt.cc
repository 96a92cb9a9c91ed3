#include "collection/documents/odt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "collection/documents/markdown_builder.h"
#include "collection/documents/xml_reader.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxInheritance = 32;
constexpr long kMaxSpaces = 1000;
constexpr long kMaxColumns = 200;  // of a table, where a cell says that it is repeated

struct OdtStyle {
  std::string parent;
  std::string name;                         // as people see it, lower case
  int bold = -1, italic = -1, struck = -1;  // -1: as the parent
};

class OdtStyles {
 public:
  void read(std::string_view xml, const std::string& where) {
    if (xml.empty()) return;
    XmlReader reader(xml, where);
    if (!reader.open()) return;
    reader.each_child([&] {
      if (!reader.is("styles") && !reader.is("automatic-styles")) return;
      reader.each_child([&] {
        if (reader.is("style")) style(reader);
        if (reader.is("list-style")) list_style(reader);
      });
    });
  }

  bool is_numbered(const std::string& list_style, size_t level) const {
    const auto found = numbered_.find(list_style);
    return found != numbered_.end() && level < found->second.size() && found->second[level];
  }

  // Its own format where it has one, else that of what it is made from.
  void apply(const std::string& name, TextFormat& format) const {
    int bold = -1, italic = -1, struck = -1;
    each_ancestor(name, [&](const OdtStyle& style) {
      if (bold < 0) bold = style.bold;
      if (italic < 0) italic = style.italic;
      if (struck < 0) struck = style.struck;
    });
    if (bold >= 0) format.bold = bold == 1;
    if (italic >= 0) format.italic = italic == 1;
    if (struck >= 0) format.struck = struck == 1;
  }

  // Whether it or one that it is made from has that name.
  bool is_kind(const std::string& name, std::string_view wanted) const {
    bool found = false;
    each_ancestor(name, [&](const OdtStyle& style) { found = found || style.name == wanted; });
    return found;
  }

 private:
  template <class Each>
  void each_ancestor(std::string name, Each each) const {
    for (size_t steps = 0; steps < kMaxInheritance; ++steps) {
      const auto found = styles_.find(name);
      if (found == styles_.end()) return;
      each(found->second);
      name = found->second.parent;
    }
  }

  void style(XmlReader& reader) {
    const std::string id = reader.attribute("name");
    OdtStyle style;
    style.parent = reader.attribute("parent-style-name");
    style.name = lower(id);
    for (size_t at = style.name.find("_20_"); at != std::string::npos;
         at = style.name.find("_20_")) {
      style.name.replace(at, 4, " ");
    }
    reader.each_child([&] {
      if (!reader.is("text-properties")) return;
      if (const std::string weight = reader.attribute("font-weight"); !weight.empty()) {
        style.bold = weight == "bold" || std::atoi(weight.c_str()) >= 600;
      }
      if (const std::string slant = reader.attribute("font-style"); !slant.empty()) {
        style.italic = slant == "italic" || slant == "oblique";
      }
      if (const std::string line = reader.attribute("text-line-through-style"); !line.empty()) {
        style.struck = line != "none";
      }
    });
    styles_[id] = style;
  }

  void list_style(XmlReader& reader) {
    std::vector<bool>& levels = numbered_[reader.attribute("name")];
    reader.each_child([&] {
      const bool number = reader.is("list-level-style-number");
      const int level = std::atoi(reader.attribute("level").c_str());
      if (level < 1 || level > 10) return;
      levels.resize(std::max(levels.size(), static_cast<size_t>(level)));
      levels[static_cast<size_t>(level) - 1] = number && !reader.attribute("num-format").empty();
    });
  }

  std::map<std::string, OdtStyle> styles_;
  std::map<std::string, std::vector<bool>> numbered_;  // by list style and level
};

struct OpenList {
  std::string style;
  int count = 0;
};

class OdtReader {
 public:
  OdtReader(const OdtParts& parts, const std::string& where) : parts_(parts), where_(where) {
    styles_.read(parts.styles, where + ": styles.xml");
    styles_.read(parts.content, where + ": content.xml");
  }

  std::string run() {
    XmlReader reader(parts_.content, where_ + ": content.xml");
    bool text = false;
    if (reader.open()) {
      reader.each_child([&] {
        if (!reader.is("body")) return;
        reader.each_child([&] {
          if (!reader.is("text")) return;
          text = true;
          reader.each_child([&] { block(reader); });
        });
      });
    }
    if (!text) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: an ODT without a text body", where_));
    }
    for (size_t i = 0; i < notes_.size(); ++i) {
      out_.paragraph(fmt::format("[^{}]: {}", i + 1, notes_[i]));
    }
    return out_.finish();
  }

 private:
  void block(XmlReader& reader) {
    if (reader.is("h")) {
      const int level = std::atoi(reader.attribute("outline-level").c_str());
      InlineText text = inline_text(reader, {});
      out_.heading(std::max(level, 1), text.plain());
    } else if (reader.is("p")) {
      paragraph(reader);
    } else if (reader.is("list")) {
      list(reader);
    } else if (reader.is("table")) {
      std::vector<std::vector<std::string>> rows;
      table_rows(reader, rows);
      out_.table(rows);
    } else if (reader.is("section") || reader.is("text-box") || reader.is("frame")) {
      reader.each_child([&] { block(reader); });
    }
  }

  void paragraph(XmlReader& reader) {
    const std::string style = reader.attribute("style-name");
    TextFormat format;
    styles_.apply(style, format);
    const InlineText text = inline_text(reader, format);
    if (styles_.is_kind(style, "title")) return out_.heading(1, text.plain());
    if (styles_.is_kind(style, "preformatted text")) return out_.code_line(text.plain());
    if (styles_.is_kind(style, "quotations")) return out_.quote(text.markdown());
    out_.paragraph(text.markdown());
  }

  void list(XmlReader& reader) {
    std::string style = reader.attribute("style-name");
    if (style.empty() && !lists_.empty()) style = lists_.back().style;
    int start = 0;
    if (reader.attribute("continue-numbering") == "true") start = last_count_[style];
    lists_.push_back({style, start});
    reader.each_child([&] {
      if (!reader.is("list-item") && !reader.is("list-header")) return;
      const bool counts = reader.is("list-item");
      if (const std::string value = reader.attribute("start-value"); !value.empty()) {
        lists_.back().count = std::clamp(std::atoi(value.c_str()), 1, 1'000'000) - 1;
      }
      std::string text;
      bool written = false;
      const size_t level = lists_.size() - 1;
      const auto write = [&] {
        if (!written && !text.empty()) {
          const bool numbered = counts && styles_.is_numbered(lists_.back().style, level);
          if (counts) ++lists_.back().count;
          out_.item(level, numbered ? lists_.back().count : 0, text);
        }
        written = written || !text.empty();
      };
      reader.each_child([&] {
        if (reader.is("list")) {
          write();
          list(reader);
        } else if (reader.is("p") || reader.is("h")) {
          const std::string more = inline_text(reader, {}).markdown();
          if (written) return out_.item(level, 0, more);
          if (!text.empty() && !more.empty()) text += "  \n";
          text += more;
        }
      });
      write();
    });
    last_count_[style] = lists_.back().count;
    lists_.pop_back();
  }

  InlineText inline_text(XmlReader& reader, const TextFormat& format) {
    InlineText text;
    reader.each_child([&] { inlines(reader, text, format); });
    return text;
  }

  void inlines(XmlReader& reader, InlineText& text, const TextFormat& format) {
    if (reader.is_text()) return add_folded(text, reader.text(), format);
    if (reader.is("s")) {
      const long count = std::atol(reader.attribute("c").c_str());
      text.add(std::string(static_cast<size_t>(std::clamp(count, 1L, kMaxSpaces)), ' '), format);
    } else if (reader.is("tab")) {
      text.add(" ", format);
    } else if (reader.is("line-break")) {
      text.line_break();
    } else if (reader.is("note")) {
      note(reader, text);
    } else if (reader.is("a")) {
      TextFormat linked = format;
      linked.link = reader.attribute("href");
      if (linked.link.starts_with('#')) linked.link.clear();
      reader.each_child([&] { inlines(reader, text, linked); });
    } else if (reader.is("span")) {
      TextFormat inner = format;
      styles_.apply(reader.attribute("style-name"), inner);
      reader.each_child([&] { inlines(reader, text, inner); });
    } else if (reader.is_start() && !is_left_out(reader)) {
      reader.each_child([&] { inlines(reader, text, format); });
    }
  }

  static bool is_left_out(const XmlReader& reader) {
    static constexpr std::string_view kLeftOut[] = {
        "annotation", "annotation-end", "tracked-changes", "table-of-content",
        "object",     "image",          "ruby-text",       "title",
        "desc",       "forms",          "script"};
    return std::find(std::begin(kLeftOut), std::end(kLeftOut), reader.name()) != std::end(kLeftOut);
  }

  // White space of XML is one space, as section 6.1.2 has it.
  static void add_folded(InlineText& text, std::string_view bytes, const TextFormat& format) {
    std::string folded;
    for (const char c : bytes) {
      const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
      if (!space) {
        folded += c;
      } else if (folded.empty() || folded.back() != ' ') {
        folded += ' ';
      }
    }
    text.add(folded, format);
  }

  void note(XmlReader& reader, InlineText& text) {
    notes_.emplace_back();
    const size_t number = notes_.size();
    text.add(fmt::format("[^{}]", number));
    std::string body;
    reader.each_child([&] {
      if (!reader.is("note-body")) return;
      reader.each_named("p", [&] {
        if (!body.empty()) body += ' ';
        body += inline_text(reader, {}).markdown();
      });
    });
    notes_[number - 1] = body;
  }

  void table_rows(XmlReader& reader, std::vector<std::vector<std::string>>& rows) {
    reader.each_child([&] {
      if (reader.is("table-row")) {
        rows.emplace_back();
        reader.each_child([&] {
          if (!reader.is("table-cell") && !reader.is("covered-table-cell")) return;
          const long repeated = std::atol(reader.attribute("number-columns-repeated").c_str());
          std::string cell;
          reader.each_named("p", [&] {
            if (!cell.empty()) cell += ' ';
            cell += inline_text(reader, {}).markdown();
          });
          rows.back().insert(rows.back().end(),
                             static_cast<size_t>(std::clamp(repeated, 1L, kMaxColumns)), cell);
        });
      } else if (reader.is("table-rows") || reader.is("table-header-rows") ||
                 reader.is("table-row-group")) {
        table_rows(reader, rows);
      }
    });
  }

  const OdtParts& parts_;
  const std::string& where_;
  OdtStyles styles_;
  MarkdownBuilder out_;
  std::vector<OpenList> lists_;
  std::map<std::string, int> last_count_;  // of a list style's last list
  std::vector<std::string> notes_;
};

void read_meta(std::string_view xml, const std::string& where, DocumentReading& reading) {
  if (xml.empty()) return;
  XmlReader reader(xml, where + ": meta.xml");
  if (!reader.open()) return;
  std::string saved_by, saved_on;
  reader.each_child([&] {
    if (!reader.is("meta")) return;
    reader.each_child([&] {
      if (reader.is("title"))
        reading.title = reader.inner_text();
      else if (reader.is("language"))
        reading.language = reader.inner_text();
      else if (reader.is("initial-creator"))
        reading.bylines = bylines_of(reader.inner_text());
      else if (reader.is("creator"))
        saved_by = reader.inner_text();
      else if (reader.is("creation-date"))
        reading.date = reader.inner_text();
      else if (reader.is("date"))
        saved_on = reader.inner_text();
    });
  });
  if (reading.bylines.empty()) reading.bylines = bylines_of(saved_by);
  if (reading.date.empty()) reading.date = saved_on;
}

}  // namespace

DocumentReading read_odt(const OdtParts& parts, const std::string& where) {
  DocumentReading reading;
  reading.markdown = OdtReader(parts, where).run();
  read_meta(parts.meta, where, reading);
  return reading;
}

}  // namespace twin
