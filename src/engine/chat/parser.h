#pragma once

#include <functional>
#include <string_view>

#include "engine/chat/lexer.h"
#include "engine/chat/syntax.h"

namespace twin::chat {

// Statements and expressions nest at most this deep.
inline constexpr size_t kMaxTemplateDepth = 200;

// Which filters and tests there are; names that are neither fail where Jinja fails for them.
struct KnownNames {
  std::function<bool(std::string_view)> filter;
  std::function<bool(std::string_view)> test;
};

// Errors: SyntaxFailure.
Template parse_template(std::string_view source, const KnownNames& known);

}  // namespace twin::chat
