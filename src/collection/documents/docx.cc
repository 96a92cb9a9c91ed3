#include "collection/documents/docx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "base/error.h"
#include "collection/documents/docx_styles.h"
#include "collection/documents/markdown_builder.h"
#include "collection/documents/xml_reader.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxListLevel = 8;

using Targets = std::map<std::string, std::string>;  // of relationships, by id

Targets read_targets(std::string_view xml, const std::string& where) {
  Targets targets;
  if (xml.empty()) return targets;
  XmlReader reader(xml, where);
  if (!reader.open()) return targets;
  reader.each_child([&] {
    if (reader.is("Relationship") && reader.attribute("TargetMode") == "External") {
      targets[reader.attribute("Id")] = reader.attribute("Target");
    }
  });
  return targets;
}

// On or off: "<w:b/>" is on, "<w:b w:val="0"/>" off.
bool is_on(const XmlReader& reader) {
  const std::string value = reader.attribute("val");
  return value != "0" && value != "false" && value != "off" && value != "none";
}

struct Paragraph {
  InlineText text;
  DocxStyle style;
  std::vector<Paragraph> boxes;  // paragraphs of text boxes that hang on it
};

class DocxReader {
 public:
  DocxReader(const DocxParts& parts, const std::string& where)
      : parts_(parts),
        where_(where),
        styles_(read_docx_styles(parts.styles, where + ": word/styles.xml")),
        numbering_(read_docx_numbering(parts.numbering, where + ": word/numbering.xml")),
        targets_(read_targets(parts.relationships, where + ": word/_rels/document.xml.rels")) {}

  std::string run() {
    XmlReader reader(parts_.document, where_ + ": word/document.xml");
    bool body = false;
    if (reader.open()) {
      reader.each_child([&] {
        if (!reader.is("body")) return;
        body = true;
        reader.each_child([&] { block(reader); });
      });
    }
    if (!body) throw Error(ErrorCode::kBadInput, fmt::format("{}: a DOCX without a body", where_));
    notes(parts_.footnotes, "footnote", "word/footnotes.xml");
    notes(parts_.endnotes, "endnote", "word/endnotes.xml");
    return out_.finish();
  }

 private:
  // Elements whose content stands as if they were not there.
  static bool is_wrapper(const XmlReader& reader) {
    static constexpr std::string_view kWrappers[] = {
        "sdt",    "sdtContent", "ins", "moveTo", "customXml", "smartTag", "AlternateContent",
        "Choice", "fldSimple",  "dir", "bdo",    "ruby",      "rubyBase"};
    return reader.is_start() && std::find(std::begin(kWrappers), std::end(kWrappers),
                                          reader.name()) != std::end(kWrappers);
  }

  void block(XmlReader& reader) {
    if (reader.is("p")) return write(paragraph(reader));
    if (reader.is("tbl")) return table(reader);
    if (is_wrapper(reader)) reader.each_child([&] { block(reader); });
  }

  Paragraph paragraph(XmlReader& reader) {
    Paragraph result;
    reader.each_child([&] {
      if (reader.is("pPr")) {
        properties(reader, result);
      } else {
        inlines(reader, result, {});
      }
    });
    return result;
  }

  void properties(XmlReader& reader, Paragraph& paragraph) {
    reader.each_child([&] {
      if (reader.is("pStyle")) {
        const auto style = styles_.find(reader.attribute("val"));
        if (style != styles_.end()) paragraph.style = style->second;
      }
      if (reader.is("outlineLvl")) {
        const int level = std::atoi(reader.attribute("val").c_str());
        if (level >= 0 && level < 9) {
          paragraph.style.role = DocxRole::kHeading;
          paragraph.style.level = level + 1;
        }
      }
      if (!reader.is("numPr")) return;
      reader.each_child([&] {
        if (reader.is("numId")) paragraph.style.number_id = reader.attribute("val");
        if (reader.is("ilvl")) {
          paragraph.style.number_level = static_cast<size_t>(
              std::clamp(std::atol(reader.attribute("val").c_str()), 0L, long{kMaxListLevel}));
        }
      });
    });
  }

  void inlines(XmlReader& reader, Paragraph& paragraph, const TextFormat& format) {
    if (reader.is("r")) return run_of_text(reader, paragraph, format);
    if (reader.is("hyperlink")) {
      TextFormat linked = format;
      const auto target = targets_.find(reader.attribute("id"));
      if (target != targets_.end()) linked.link = target->second;
      return reader.each_child([&] { inlines(reader, paragraph, linked); });
    }
    if (reader.is("oMath") || reader.is("oMathPara")) {
      return reader.each_named("t", [&] { paragraph.text.add(reader.inner_text(), format); });
    }
    if (is_wrapper(reader)) reader.each_child([&] { inlines(reader, paragraph, format); });
  }

  void run_of_text(XmlReader& reader, Paragraph& paragraph, TextFormat format) {
    bool hidden = false;
    reader.each_child([&] {
      if (reader.is("rPr")) {
        reader.each_child([&] {
          if (reader.is("b")) format.bold = is_on(reader);
          if (reader.is("i")) format.italic = is_on(reader);
          if (reader.is("strike") || reader.is("dstrike")) format.struck = is_on(reader);
          if (reader.is("vanish")) hidden = is_on(reader);
        });
      } else if (!hidden) {
        run_content(reader, paragraph, format);
      }
    });
  }

  void run_content(XmlReader& reader, Paragraph& paragraph, const TextFormat& format) {
    if (reader.is("t")) {
      if (!in_instruction_) paragraph.text.add(reader.inner_text(), format);
    } else if (reader.is("tab")) {
      paragraph.text.add(paragraph.style.role == DocxRole::kCode ? "\t" : " ", format);
    } else if (reader.is("br") || reader.is("cr")) {
      const std::string type = reader.attribute("type");
      if (type.empty() || type == "textWrapping") paragraph.text.line_break();
    } else if (reader.is("noBreakHyphen")) {
      paragraph.text.add("\xe2\x80\x91", format);
    } else if (reader.is("fldChar")) {
      // What a field shows stands between "separate" and "end"; before is how it is made.
      in_instruction_ = reader.attribute("fldCharType") == "begin";
    } else if (reader.is("footnoteReference") || reader.is("endnoteReference")) {
      const std::string kind = reader.is("footnoteReference") ? "footnote" : "endnote";
      paragraph.text.add(fmt::format("[^{}]", note_number(kind, reader.attribute("id"))));
    } else if (reader.is("drawing") || reader.is("pict") || is_wrapper(reader)) {
      boxes(reader, paragraph);
    }
  }

  void boxes(XmlReader& reader, Paragraph& paragraph) {
    reader.each_child([&] {
      if (!reader.is_start() || reader.is("Fallback")) return;
      if (!reader.is("txbxContent")) return boxes(reader, paragraph);
      reader.each_child([&] {
        if (reader.is("p")) paragraph.boxes.push_back(this->paragraph(reader));
      });
    });
  }

  void write(const Paragraph& paragraph) {
    const DocxStyle& style = paragraph.style;
    if (style.role == DocxRole::kHeading) {
      out_.heading(style.level, paragraph.text.plain());
    } else if (style.role == DocxRole::kCode) {
      out_.code_line(paragraph.text.plain());
    } else if (style.role == DocxRole::kQuote) {
      out_.quote(paragraph.text.markdown());
    } else if (style.role == DocxRole::kBody) {
      const auto list = numbering_.find(style.number_id);
      if (list == numbering_.end()) {
        out_.paragraph(paragraph.text.markdown());
      } else if (!paragraph.text.empty()) {
        out_.item(style.number_level, next_number(list->first, list->second, style.number_level),
                  paragraph.text.markdown());
      }
    }
    for (const Paragraph& box : paragraph.boxes) write(box);
  }

  // 0 for a bullet.
  int next_number(const std::string& id, const std::vector<DocxLevel>& levels, size_t level) {
    level = std::min(level, levels.size() - 1);
    std::vector<int>& counts = counts_[id];
    counts.resize(levels.size());
    std::fill(counts.begin() + static_cast<long>(level) + 1, counts.end(), 0);
    const int count = counts[level]++;
    return levels[level].numbered ? std::max(levels[level].start, 1) + count : 0;
  }

  void table(XmlReader& reader) {
    std::vector<std::vector<std::string>> rows;
    table_rows(reader, rows);
    out_.table(rows);
  }

  void table_rows(XmlReader& reader, std::vector<std::vector<std::string>>& rows) {
    reader.each_child([&] {
      if (reader.is("tr")) {
        rows.emplace_back();
        table_cells(reader, rows.back());
      } else if (is_wrapper(reader)) {
        table_rows(reader, rows);
      }
    });
  }

  void table_cells(XmlReader& reader, std::vector<std::string>& row) {
    reader.each_child([&] {
      if (reader.is("tc")) {
        std::string cell;
        cell_text(reader, cell);
        row.push_back(std::move(cell));
      } else if (is_wrapper(reader)) {
        table_cells(reader, row);
      }
    });
  }

  void cell_text(XmlReader& reader, std::string& text) {
    reader.each_child([&] {
      if (reader.is("p")) {
        if (!text.empty()) text += ' ';
        text += paragraph(reader).text.markdown();
      } else if (reader.is_start() &&
                 (is_wrapper(reader) || reader.is("tbl") || reader.is("tr") || reader.is("tc"))) {
        cell_text(reader, text);
      }
    });
  }

  // Footnotes and endnotes are numbered as they come in the text.
  size_t note_number(const std::string& kind, const std::string& id) {
    return notes_.emplace(kind + ' ' + id, notes_.size() + 1).first->second;
  }

  void notes(const std::string& xml, const std::string& kind, const std::string& part) {
    if (xml.empty()) return;
    XmlReader reader(xml, where_ + ": " + part);
    if (!reader.open()) return;
    std::map<size_t, std::string> texts;
    reader.each_child([&] {
      if (!reader.is(kind)) return;
      const auto note = notes_.find(kind + ' ' + reader.attribute("id"));
      if (note == notes_.end()) return;  // separators, and notes of what was deleted
      const size_t number = note->second;
      cell_text(reader, texts[number]);
    });
    for (const auto& [number, text] : texts) {
      out_.paragraph(fmt::format("[^{}]: {}", number, text));
    }
  }

  const DocxParts& parts_;
  const std::string& where_;
  std::map<std::string, DocxStyle> styles_;
  DocxNumbering numbering_;
  Targets targets_;
  MarkdownBuilder out_;
  bool in_instruction_ = false;
  std::map<std::string, std::vector<int>> counts_;  // of list items, by list and level
  std::map<std::string, size_t> notes_;
};

}  // namespace

void read_core_properties(std::string_view xml, const std::string& where,
                          DocumentReading& reading) {
  if (xml.empty()) return;
  XmlReader reader(xml, where + ": docProps/core.xml");
  if (!reader.open()) return;
  reader.each_child([&] {
    if (reader.is("title"))
      reading.title = reader.inner_text();
    else if (reader.is("creator"))
      reading.bylines = bylines_of(reader.inner_text());
    else if (reader.is("created"))
      reading.date = reader.inner_text();
    else if (reader.is("language"))
      reading.language = reader.inner_text();
  });
}

DocumentReading read_docx(const DocxParts& parts, const std::string& where) {
  DocumentReading reading;
  reading.markdown = DocxReader(parts, where).run();
  read_core_properties(parts.core, where, reading);
  return reading;
}

}  // namespace twin
