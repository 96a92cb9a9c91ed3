#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "domain/document.h"

namespace twin {

// The name and version of what makes the verbatim text of a warehouse document: its content's text.
inline constexpr std::string_view kWarehouseExtractor = "warehouse/1";

// One document as the reference system writes it, an element of a warehouse file
// (docs/formats/warehouse.md) or a document in its MongoDB: `element` becomes the raw bytes.
// Errors: kBadInput if it is no document.
RawDocument read_warehouse_document(Category category, std::string_view element);

// Whether the raw bytes are such an element.
bool is_warehouse_document(const RawDocument& document);

// A document in the reference's shape: its raw bytes where they have it.
std::string warehouse_element(const RawDocument& document);
// The reference's `content` of a document that was collected otherwise.
OrderedJson warehouse_content(const RawDocument& document);

// Python's json.dump as the reference system calls it: ", " and ": ", all but ASCII escaped.
std::string python_json(const OrderedJson& value);

}  // namespace twin
