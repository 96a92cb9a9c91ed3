#include "collection/documents/epub_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "collection/documents/xml_reader.h"
#include "text/html.h"
#include "text/html_tree.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxParts = 20'000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                       hex_digit(text[i + 2]) >= 0;
    if (coded) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == '\n' || c == ' ' || c == '\t' || c == '\r';
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

struct Creator {
  std::string id, name, role;
};

// Who wrote it: those with the role "aut", or all where no role is given.
std::vector<std::string> authors_among(const std::vector<Creator>& creators) {
  std::vector<std::string> authors, all;
  for (const Creator& creator : creators) {
    if (creator.name.empty()) continue;
    if (creator.role == "aut") authors.push_back(creator.name);
    if (creator.role.empty()) all.push_back(creator.name);
  }
  return authors.empty() ? all : authors;
}

std::string gumbo_text(const GumboNode* root) {
  std::string text;
  std::vector<const GumboNode*> stack = {root};
  while (!stack.empty()) {
    const GumboNode* node = stack.back();
    stack.pop_back();
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE) {
      text += node->v.text.text;
    } else if (node->type == GUMBO_NODE_ELEMENT) {
      const GumboVector& children = node->v.element.children;
      for (unsigned i = children.length; i-- > 0;) {
        stack.push_back(static_cast<const GumboNode*>(children.data[i]));
      }
    }
  }
  return one_line(text);
}

}  // namespace

std::string epub_path(std::string_view base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  const size_t folder = base.rfind('/');
  std::string whole;
  if (folder != std::string_view::npos) whole = base.substr(0, folder + 1);
  whole += percent_decoded(reference);
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= whole.size();) {
    const size_t end = std::min(whole.find('/', begin), whole.size());
    const std::string_view part = std::string_view(whole).substr(begin, end - begin);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (part != ".." && part != "." && !part.empty()) parts.push_back(part);
    begin = end + 1;
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

EpubPackage read_epub_package(std::string_view xml, const std::string& path,
                              const std::string& where) {
  struct Resource {
    std::string path, media_type, properties;
  };
  EpubPackage package;
  std::map<std::string, Resource> manifest;
  std::map<std::string, std::string> guide;
  std::vector<std::pair<std::string, bool>> spine;
  std::vector<Creator> creators;
  std::string ncx;
  XmlReader reader(xml, where + ": " + path);
  if (!reader.open()) throw Error(ErrorCode::kBadInput, where + ": an EPUB without a package");
  const auto metadata = [&] {
    if (reader.is("title")) {
      if (package.title.empty()) package.title = one_line(reader.inner_text());
    } else if (reader.is("language")) {
      if (package.language.empty()) package.language = one_line(reader.inner_text());
    } else if (reader.is("creator")) {
      Creator creator{reader.attribute("id"), "", reader.attribute("role")};
      creator.name = one_line(reader.inner_text());
      creators.push_back(creator);
    } else if (reader.is("date")) {
      const std::string event = reader.attribute("event");
      const std::string date = one_line(reader.inner_text());
      if (package.date.empty() && (event.empty() || event == "publication")) package.date = date;
    } else if (reader.is("meta") && reader.attribute("property") == "role") {
      const std::string refined = reader.attribute("refines");
      const std::string role = one_line(reader.inner_text());
      for (Creator& creator : creators) {
        if (refined == "#" + creator.id) creator.role = role;
      }
    }
  };
  reader.each_child([&] {
    if (reader.is("metadata")) {
      reader.each_child([&] {
        if (!reader.is("dc-metadata")) return metadata();
        reader.each_child(metadata);
      });
    } else if (reader.is("manifest")) {
      reader.each_child([&] {
        if (!reader.is("item") || manifest.size() >= kMaxParts) return;
        manifest[reader.attribute("id")] = {epub_path(path, reader.attribute("href")),
                                            lower(reader.attribute("media-type")),
                                            reader.attribute("properties")};
      });
    } else if (reader.is("spine")) {
      ncx = reader.attribute("toc");
      reader.each_child([&] {
        if (reader.is("itemref") && spine.size() < kMaxParts) {
          spine.emplace_back(reader.attribute("idref"), reader.attribute("linear") != "no");
        }
      });
    } else if (reader.is("guide")) {
      reader.each_child([&] {
        if (reader.is("reference")) {
          guide[epub_path(path, reader.attribute("href"))] = lower(reader.attribute("type"));
        }
      });
    }
  });
  for (const auto& [id, resource] : manifest) {
    if (resource.properties.find("nav") != std::string::npos) package.nav = resource.path;
    const bool is_ncx = resource.media_type == "application/x-dtbncx+xml";
    if (id == ncx || (ncx.empty() && is_ncx)) package.ncx = resource.path;
  }
  for (const auto& [id, linear] : spine) {
    const auto found = manifest.find(id);
    if (found == manifest.end()) continue;
    const auto role = guide.find(found->second.path);
    package.parts.push_back(
        {found->second.path, linear, role == guide.end() ? std::string() : role->second});
  }
  if (package.parts.empty()) {
    throw Error(ErrorCode::kBadInput, where + ": an EPUB whose reading order is empty");
  }
  package.creators = authors_among(creators);
  return package;
}

EpubContents read_ncx(std::string_view xml, const std::string& path, const std::string& where) {
  EpubContents contents;
  // The one place where EPUB 2 has a document type: its declaration says nothing we need.
  const size_t doctype = xml.find("<!DOCTYPE");
  std::string bare(xml);
  if (doctype != std::string_view::npos && xml.find('[', doctype) > xml.find('>', doctype)) {
    bare.erase(doctype, xml.find('>', doctype) - doctype + 1);
  }
  XmlReader reader(bare, where + ": " + path);
  if (!reader.open()) return contents;
  reader.each_named("navMap", [&] {
    const std::function<void()> point = [&] {
      if (!reader.is("navPoint")) return;
      std::string label;
      reader.each_child([&] {
        if (reader.is("navLabel")) {
          label = one_line(reader.inner_text());
        } else if (reader.is("content")) {
          contents.emplace(epub_path(path, reader.attribute("src")), label);
        } else {
          point();
        }
      });
    };
    reader.each_child(point);
  });
  return contents;
}

EpubContents read_nav(std::string_view html, const std::string& path, const std::string& where) {
  EpubContents contents;
  const HtmlTree tree(html, where + ": " + path, {});
  // The first nav is the table of contents, unless one says so of itself.
  struct Found {
    const GumboNode* node;
    bool in_nav;
  };
  std::vector<Found> stack = {{tree.root(), false}};
  while (!stack.empty()) {
    const auto [node, in_nav] = stack.back();
    stack.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboElement& element = node->v.element;
    bool inside = in_nav;
    if (element.tag == GUMBO_TAG_NAV) {
      const GumboAttribute* type = gumbo_get_attribute(&element.attributes, "epub:type");
      inside =
          type == nullptr || std::string_view(type->value).find("toc") != std::string_view::npos;
    }
    if (inside && element.tag == GUMBO_TAG_A) {
      if (const GumboAttribute* href = gumbo_get_attribute(&element.attributes, "href")) {
        contents.emplace(epub_path(path, href->value), gumbo_text(node));
      }
    }
    for (unsigned i = element.children.length; i-- > 0;) {
      stack.push_back({static_cast<const GumboNode*>(element.children.data[i]), inside});
    }
  }
  return contents;
}

}  // namespace twin
