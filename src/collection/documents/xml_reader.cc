#include "collection/documents/xml_reader.h"

#include <fmt/format.h>
#include <libxml/xmlreader.h>

#include "base/error.h"

namespace twin {
namespace {

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

struct ReaderDeleter {
  void operator()(xmlTextReader* reader) const { xmlFreeTextReader(reader); }
};

// What libxml2 says last, instead of standard error.
void note_error(void* message, xmlErrorPtr error) {
  if (error != nullptr && error->message != nullptr) {
    *static_cast<std::string*>(message) = error->message;
  }
}

}  // namespace

struct XmlReader::Impl {
  std::string where, message;
  std::unique_ptr<xmlTextReader, ReaderDeleter> reader;
};

XmlReader::XmlReader(std::string_view xml, std::string where) : impl_(std::make_unique<Impl>()) {
  impl_->where = std::move(where);
  if (xml.size() > size_t{INT32_MAX}) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: XML of more than 2 GB", impl_->where));
  }
  impl_->reader.reset(xmlReaderForMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                                         XML_PARSE_NONET | XML_PARSE_NOCDATA));
  if (impl_->reader == nullptr) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: no XML", impl_->where));
  }
  xmlTextReaderSetStructuredErrorHandler(impl_->reader.get(), note_error, &impl_->message);
}

XmlReader::~XmlReader() = default;

bool XmlReader::next() {
  ++moves_;
  const int result = xmlTextReaderRead(impl_->reader.get());
  if (result < 0) {
    while (impl_->message.ends_with('\n')) impl_->message.pop_back();
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: broken XML: {}", impl_->where, impl_->message));
  }
  const int type = xmlTextReaderNodeType(impl_->reader.get());
  if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: XML with a document type or entities of its own, which office "
                            "programs do not write",
                            impl_->where));
  }
  return result == 1;
}

bool XmlReader::open() {
  while (next()) {
    if (is_start()) return true;
  }
  return false;
}

void XmlReader::skip() {
  each_child([] {});
}

bool XmlReader::is_start() const {
  return xmlTextReaderNodeType(impl_->reader.get()) == XML_READER_TYPE_ELEMENT;
}

bool XmlReader::is_text() const {
  const int type = xmlTextReaderNodeType(impl_->reader.get());
  return type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
         type == XML_READER_TYPE_WHITESPACE || type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE;
}

bool XmlReader::is_empty() const { return xmlTextReaderIsEmptyElement(impl_->reader.get()) == 1; }
int XmlReader::depth() const { return xmlTextReaderDepth(impl_->reader.get()); }
std::string_view XmlReader::name() const {
  return view(xmlTextReaderConstLocalName(impl_->reader.get()));
}
std::string_view XmlReader::text() const {
  return view(xmlTextReaderConstValue(impl_->reader.get()));
}

std::string XmlReader::attribute(std::string_view name) const {
  xmlTextReader* const reader = impl_->reader.get();
  std::string value;
  for (int more = xmlTextReaderMoveToFirstAttribute(reader); more == 1;
       more = xmlTextReaderMoveToNextAttribute(reader)) {
    if (this->name() != name) continue;
    value = text();
    break;
  }
  xmlTextReaderMoveToElement(reader);
  return value;
}

std::string XmlReader::inner_text() {
  std::string all;
  each_child([&] { all += is_text() ? std::string(text()) : inner_text(); });
  return all;
}

}  // namespace twin
