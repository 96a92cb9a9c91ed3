#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct _xmlDoc;
struct _xmlNode;

namespace twin {

using XmlNode = _xmlNode;

// An XML document from outside: feeds and sitemaps, which software of every age writes. Declared
// entities are ignored, so none can be expanded without end; nothing is fetched; text nodes end at
// 10 MB and nesting at 256 (libxml2's own limits). What is not well-formed is mended and read as
// far as possible: bytes before the first tag, control characters, bytes that are not UTF-8,
// ampersands that begin no entity, entities of HTML, tags that do not match, a missing end.
class XmlDocument {
 public:
  // `charset` is what the server says the bytes are in; empty where it does not say. `where` names
  // the document in errors and is the base of its relative links. Errors: kBadInput for more than
  // `max_bytes`, and where no element can be read.
  XmlDocument(std::string_view bytes, std::string_view where, std::string_view charset,
              size_t max_bytes);
  ~XmlDocument();
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;

  const XmlNode* root() const;
  bool well_formed() const { return well_formed_; }

 private:
  _xmlDoc* document_ = nullptr;
  bool well_formed_ = false;
};

// The element's name, without prefix for RSS, Atom, RDF and sitemaps, and with the usual one for
// the modules of feeds, whatever prefix the document declares (or forgets to declare):
// "content:encoded", "dc:creator", "atom:link" in RSS, "item".
std::string xml_name(const XmlNode* element);

// The first child element and the next sibling element; null where there is none.
const XmlNode* first_element(const XmlNode* node);
const XmlNode* next_element(const XmlNode* node);

// All text in the node. xml_attribute: empty where it has none of that name.
std::string xml_text(const XmlNode* node);
std::string xml_attribute(const XmlNode* element, const char* name);

// What is in the element, as HTML: its elements by their names without prefixes.
std::string xml_inner_html(const XmlNode* element);

// A link found in the node, made absolute by xml:base and the document's address.
std::string xml_link(const XmlNode* node, const std::string& link);

}  // namespace twin
