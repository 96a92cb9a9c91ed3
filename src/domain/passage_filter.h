#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/document.h"

namespace twin {

// Which passages count: those for which everything that is set holds.
struct PassageFilter {
  std::optional<std::string> author_id = {};
  std::optional<std::string> platform = {};
  std::optional<Category> category = {};
  // Inclusive prefixes of ISO 8601 ("2024", "2024-07-29"): from "2024" to "2024" is the whole year.
  // A passage without a date is outside of any.
  std::optional<std::string> date_from = {};
  std::optional<std::string> date_to = {};
  std::vector<std::string> tags = {};          // any of them; empty: all passages
  std::vector<std::string> document_ids = {};  // any of them; empty: all passages

  bool operator==(const PassageFilter&) const = default;
};

}  // namespace twin
