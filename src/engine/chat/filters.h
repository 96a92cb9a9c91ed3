#pragma once

#include <unordered_map>

#include "engine/chat/runtime.h"

// Jinja's filters, in three tables by what they work on. `self` is what stands before the `|`.
namespace twin::chat {

using FilterTable = std::unordered_map<std::string_view, Function1>;

const FilterTable& text_filters();
const FilterTable& sequence_filters();
const FilterTable& value_filters();

// Looks up "a.b.0" in an item, part by part; integers as indices. Null: the item itself.
class AttributePath {
 public:
  explicit AttributePath(const Value* attribute);
  bool empty() const { return parts_.empty(); }
  Value of(Runtime& runtime, const Value& item, const Value* otherwise = nullptr) const;

 private:
  std::vector<Value> parts_;
};

}  // namespace twin::chat
