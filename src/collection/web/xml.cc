#include "collection/web/xml.h"

#include <fmt/format.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/uri.h>

#include <array>
#include <memory>

#include "base/error.h"
#include "base/http_client.h"
#include "text/unicode.h"

namespace twin {
namespace {

struct FreeXml {
  void operator()(xmlChar* text) const { xmlFree(text); }
  void operator()(xmlParserCtxt* parser) const { xmlFreeParserCtxt(parser); }
};

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

struct Module {
  std::string_view prefix, uri;
};
constexpr std::array<Module, 5> kModules = {{
    {"content", "http://purl.org/rss/1.0/modules/content/"},
    {"dc", "http://purl.org/dc/elements/1.1/"},
    {"dcterms", "http://purl.org/dc/terms/"},
    {"feedburner", "http://rssnamespace.org/feedburner/ext/1.0"},
    {"media", "http://search.yahoo.com/mrss/"},
}};
// What needs no prefix: a feed's or sitemap's own elements.
constexpr std::array<std::string_view, 9> kOwn = {
    "http://www.w3.org/2005/Atom",
    "http://purl.org/atom/ns#",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss2",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.sitemaps.org/schemas/sitemap/0.9",
    "https://www.sitemaps.org/schemas/sitemap/0.9",
    "http://www.google.com/schemas/sitemap/0.84",
};
constexpr std::string_view kAtom = kOwn[0];

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The character that an entity of HTML stands for; 0 where XML knows it itself or nobody does.
unsigned html_entity(std::string_view name) {
  constexpr size_t kLongest = 8;  // "thetasym"
  if (name.empty() || name.size() > kLongest) return 0;
  for (const std::string_view xml : {"amp", "lt", "gt", "quot", "apos"}) {
    if (name == xml) return 0;
  }
  const std::string text(name);
  const auto* entity = htmlEntityLookup(reinterpret_cast<const xmlChar*>(text.c_str()));
  return entity == nullptr ? 0 : entity->value;
}

// Appends what the '&' at `position` begins, as XML can read it; returns where to go on.
size_t mend_ampersand(std::string_view text, size_t position, std::string& mended) {
  size_t end = position + 1;
  if (end < text.size() && text[end] == '#') ++end;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  if (end == text.size() || text[end] != ';' || end == position + 1) {
    mended += "&amp;";
    return position + 1;
  }
  const std::string_view name = text.substr(position + 1, end - position - 1);
  const unsigned value = html_entity(name);
  if (value != 0) {
    mended += fmt::format("&#{};", value);
  } else if (name[0] == '#' || name == "amp" || name == "lt" || name == "gt" || name == "quot" ||
             name == "apos") {
    mended += text.substr(position, end + 1 - position);
  } else {
    mended += fmt::format("&amp;{};", name);
  }
  return end + 1;
}

std::string mend(std::string_view bytes) {
  constexpr std::string_view kCdata = "<![CDATA[", kCdataEnd = "]]>";
  const size_t begin = bytes.find('<');
  if (begin != std::string_view::npos) bytes.remove_prefix(begin);
  const std::string head = lower(bytes.substr(0, 200));
  const bool other_encoding =
      head.find("encoding=") != std::string::npos && head.find("utf-8") == std::string::npos;
  const std::string text = other_encoding ? std::string(bytes) : replace_invalid_utf8(bytes);
  std::string mended;
  mended.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text.compare(i, kCdata.size(), kCdata) == 0) {
      const size_t found = text.find(kCdataEnd, i);
      const size_t end = found == std::string::npos ? text.size() : found + kCdataEnd.size();
      for (; i < end; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') mended += text[i];
      }
      if (found == std::string::npos) mended += kCdataEnd;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '&') {
      i = mend_ampersand(text, i, mended);
      continue;
    }
    if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') mended += text[i];
    ++i;
  }
  return mended;
}

struct Parsed {
  xmlDoc* document = nullptr;
  bool well_formed = false;
};

Parsed parse(std::string_view bytes, const std::string& where, const std::string& charset,
             int options) {
  const std::unique_ptr<xmlParserCtxt, FreeXml> parser(xmlNewParserCtxt());
  if (!parser) throw std::bad_alloc();
  parser->sax->entityDecl = nullptr;  // no entity but XML's own is ever known
  parser->sax->externalSubset = nullptr;
  parser->sax->getParameterEntity = nullptr;
  options |= XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
  if (!charset.empty()) options |= XML_PARSE_IGNORE_ENC;
  xmlDoc* document =
      xmlCtxtReadMemory(parser.get(), bytes.data(), static_cast<int>(bytes.size()), where.c_str(),
                        charset.empty() ? nullptr : charset.c_str(), options);
  return {document, parser->wellFormed != 0};
}

void append_escaped(std::string_view text, std::string& html) {
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
}

bool is_void_element(std::string_view name) {
  for (const std::string_view known : {"area", "br", "col", "embed", "hr", "img", "input", "link",
                                       "meta", "source", "track", "wbr"}) {
    if (name == known) return true;
  }
  return false;
}

bool is_text(const xmlNode* node) {
  return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

// The tree is at most 256 deep.
void append_html(const xmlNode* node, std::string& html) {
  for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
    if (is_text(child)) append_escaped(view(child->content), html);
    if (child->type != XML_ELEMENT_NODE) continue;
    const std::string_view name = view(child->name);
    html += '<';
    html += name;
    for (const xmlAttr* attribute = child->properties; attribute != nullptr;
         attribute = attribute->next) {
      html += fmt::format(" {}=\"", view(attribute->name));
      for (const xmlNode* text = attribute->children; text != nullptr; text = text->next) {
        append_escaped(view(text->content), html);
      }
      html += '"';
    }
    html += '>';
    if (is_void_element(name)) continue;
    append_html(child, html);
    html += fmt::format("</{}>", name);
  }
}

void append_text(const xmlNode* node, std::string& text) {
  for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
    if (is_text(child)) text += view(child->content);
    if (child->type == XML_ELEMENT_NODE) append_text(child, text);
  }
}

const xmlNode* element_from(const xmlNode* node) {
  while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->next;
  return node;
}

}  // namespace

XmlDocument::XmlDocument(std::string_view bytes, std::string_view where, std::string_view charset,
                         size_t max_bytes) {
  if (bytes.size() > max_bytes) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {} bytes of XML, more than the limit of {}",
                                                  where, bytes.size(), max_bytes));
  }
  const std::string address(where);
  const std::string encoding(charset);
  Parsed parsed = parse(bytes, address, encoding, 0);
  if (!parsed.well_formed) {
    xmlFreeDoc(parsed.document);
    const std::string mended = mend(bytes);
    parsed = parse(mended, address, encoding, XML_PARSE_RECOVER);
    parsed.well_formed = false;
  }
  document_ = parsed.document;
  well_formed_ = parsed.well_formed;
  if (root() == nullptr) {
    xmlFreeDoc(document_);
    throw Error(ErrorCode::kBadInput, fmt::format("{}: no XML, no element can be read", where));
  }
}

XmlDocument::~XmlDocument() { xmlFreeDoc(document_); }

const XmlNode* XmlDocument::root() const {
  return document_ == nullptr ? nullptr : xmlDocGetRootElement(document_);
}

std::string xml_name(const XmlNode* element) {
  const std::string_view name = view(element->name);
  if (element->ns == nullptr) return std::string(name);
  const std::string_view uri = view(element->ns->href);
  for (const Module& module : kModules) {
    if (uri == module.uri) return fmt::format("{}:{}", module.prefix, name);
  }
  const bool in_atom = element->parent != nullptr && element->parent->type == XML_ELEMENT_NODE &&
                       element->parent->ns != nullptr && view(element->parent->ns->href) == kAtom;
  for (const std::string_view own : kOwn) {
    if (uri != own) continue;
    const bool guest = uri == kAtom && !in_atom && element->parent != nullptr &&
                       element->parent->type == XML_ELEMENT_NODE;
    return guest ? fmt::format("atom:{}", name) : std::string(name);
  }
  const std::string_view prefix = view(element->ns->prefix);
  return prefix.empty() ? std::string(name) : fmt::format("{}:{}", prefix, name);
}

const XmlNode* first_element(const XmlNode* node) { return element_from(node->children); }
const XmlNode* next_element(const XmlNode* node) { return element_from(node->next); }

// Texts are mended: libxml2 lets bytes of any kind through where an encoding fails halfway.
std::string xml_text(const XmlNode* node) {
  std::string text;
  append_text(node, text);
  return replace_invalid_utf8(text);
}

std::string xml_attribute(const XmlNode* element, const char* name) {
  for (const xmlAttr* attribute = element->properties; attribute != nullptr;
       attribute = attribute->next) {
    if (view(attribute->name) != name) continue;
    std::string value;
    for (const xmlNode* text = attribute->children; text != nullptr; text = text->next) {
      if (is_text(text)) value += view(text->content);
    }
    return replace_invalid_utf8(value);
  }
  return {};
}

std::string xml_inner_html(const XmlNode* element) {
  std::string html;
  append_html(element, html);
  return replace_invalid_utf8(html);
}

std::string xml_link(const XmlNode* node, const std::string& link) {
  if (link.empty() || is_http_url(link)) return link;
  const std::unique_ptr<xmlChar, FreeXml> base(xmlNodeGetBase(node->doc, node));
  const std::unique_ptr<xmlChar, FreeXml> absolute(
      xmlBuildURI(reinterpret_cast<const xmlChar*>(link.c_str()), base.get()));
  return replace_invalid_utf8(absolute ? view(absolute.get()) : std::string_view(link));
}

}  // namespace twin
