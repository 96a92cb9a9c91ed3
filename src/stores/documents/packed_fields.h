#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"

namespace twin {

// Lists of a document as the JSON text that a store keeps in one field. unpack: Errors kBadInput
// for what pack did not make.
std::string pack_list(const std::vector<std::string>& list);
std::vector<std::string> unpack_list(std::string_view text);

// [begin, end, kind, reason] per span.
std::string pack_spans(const std::vector<Span>& spans);
std::vector<Span> unpack_spans(std::string_view text);

// [begin, end, kind, masked] per private span.
std::string pack_private_spans(const std::vector<PrivateSpan>& spans);
std::vector<PrivateSpan> unpack_private_spans(std::string_view text);

}  // namespace twin
