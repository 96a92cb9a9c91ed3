#include "collection/documents/docx_styles.h"

#include <algorithm>
#include <cstdlib>

#include "collection/documents/xml_reader.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxLevels = 9;
constexpr size_t kMaxInheritance = 32;

struct RawStyle {
  std::string parent;
  DocxStyle own;
  bool decided = false;  // its name or outline level says what it is
};

// Programs keep the English names of Word's own styles in files of every language.
void decide_by_name(const std::string& name, RawStyle& style) {
  const auto is = [&](DocxRole role, int level = 0) {
    style.own.role = role;
    style.own.level = level;
    style.decided = true;
  };
  if (name.starts_with("heading ") && name.size() == 9 && name[8] >= '1' && name[8] <= '9') {
    is(DocxRole::kHeading, name[8] - '0');
  } else if (name == "title") {
    is(DocxRole::kHeading, 1);
  } else if (name.starts_with("toc ") || name == "toc heading" || name == "table of figures") {
    is(DocxRole::kContents);
  } else if (name == "quote" || name == "intense quote" || name == "block text" ||
             name == "quotations") {
    is(DocxRole::kQuote);
  } else if (name.find("code") != std::string::npos ||
             name.find("preformatted") != std::string::npos || name == "plain text") {
    is(DocxRole::kCode);
  }
}

size_t number_of(const std::string& text) {
  return static_cast<size_t>(std::clamp(std::atol(text.c_str()), 0L, 1'000'000L));
}

}  // namespace

std::map<std::string, DocxStyle> read_docx_styles(std::string_view xml, const std::string& where) {
  std::map<std::string, RawStyle> raw;
  if (!xml.empty()) {
    XmlReader reader(xml, where);
    if (reader.open()) {
      reader.each_named("style", [&] {
        RawStyle& style = raw[reader.attribute("styleId")];
        reader.each_child([&] {
          if (reader.is("name")) decide_by_name(lower(reader.attribute("val")), style);
          if (reader.is("basedOn")) style.parent = reader.attribute("val");
          if (!reader.is("pPr")) return;
          reader.each_child([&] {
            if (reader.is("outlineLvl") && !style.decided) {
              const size_t level = number_of(reader.attribute("val"));
              if (level < kMaxLevels) {
                style.own.role = DocxRole::kHeading;
                style.own.level = static_cast<int>(level) + 1;
                style.decided = true;
              }
            }
            if (!reader.is("numPr")) return;
            reader.each_child([&] {
              if (reader.is("numId")) style.own.number_id = reader.attribute("val");
              if (reader.is("ilvl")) style.own.number_level = number_of(reader.attribute("val"));
            });
          });
        });
      });
    }
  }
  std::map<std::string, DocxStyle> styles;
  for (const auto& [id, style] : raw) {
    DocxStyle resolved = style.own;
    bool decided = style.decided;
    const RawStyle* current = &style;
    for (size_t steps = 0; steps < kMaxInheritance && !current->parent.empty(); ++steps) {
      const auto parent = raw.find(current->parent);
      if (parent == raw.end()) break;
      current = &parent->second;
      if (!decided && current->decided) {
        resolved.role = current->own.role;
        resolved.level = current->own.level;
        decided = true;
      }
      if (resolved.number_id.empty()) {
        resolved.number_id = current->own.number_id;
        resolved.number_level = current->own.number_level;
      }
    }
    styles[id] = resolved;
  }
  return styles;
}

DocxNumbering read_docx_numbering(std::string_view xml, const std::string& where) {
  std::map<std::string, std::vector<DocxLevel>> lists;
  std::map<std::string, std::string> list_of_number;
  DocxNumbering numbering;
  if (xml.empty()) return numbering;
  XmlReader reader(xml, where);
  if (!reader.open()) return numbering;
  reader.each_child([&] {
    if (reader.is("abstractNum")) {
      std::vector<DocxLevel>& levels = lists[reader.attribute("abstractNumId")];
      levels.resize(kMaxLevels);
      reader.each_child([&] {
        if (!reader.is("lvl")) return;
        DocxLevel& level = levels[std::min(number_of(reader.attribute("ilvl")), kMaxLevels - 1)];
        reader.each_child([&] {
          if (reader.is("start"))
            level.start = static_cast<int>(number_of(reader.attribute("val")));
          if (!reader.is("numFmt")) return;
          const std::string format = reader.attribute("val");
          level.numbered = format != "bullet" && format != "none";
        });
      });
    }
    if (reader.is("num")) {
      const std::string id = reader.attribute("numId");
      reader.each_child([&] {
        if (reader.is("abstractNumId")) list_of_number[id] = reader.attribute("val");
      });
    }
  });
  for (const auto& [id, list] : list_of_number) {
    const auto found = lists.find(list);
    if (found != lists.end()) numbering[id] = found->second;
  }
  return numbering;
}

}  // namespace twin
