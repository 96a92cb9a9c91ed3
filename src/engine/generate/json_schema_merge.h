#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"

namespace twin::json_schema {

// What `pointer` ("#", "#/$defs/x") names in the document. Errors: kBadInput.
const OrderedJson& resolve(const OrderedJson& document, const std::string& pointer,
                           const std::string& where);

// Merges schemas: what is valid against the result is valid against both. Refs and allOf are
// resolved on the way. One per document: the work for a document is bounded.
class Merger {
 public:
  Merger(const OrderedJson& document, std::string where)
      : document_(document), where_(std::move(where)) {}

  // The schema with $ref (where it has neighbours) and allOf merged in; anyOf and oneOf may be
  // left, alone or beside nothing but annotations.
  OrderedJson flatten(OrderedJson schema, const std::string& path);
  OrderedJson merge(OrderedJson a, OrderedJson b, const std::string& path);
  // Whether certainly no value is valid against both.
  bool disjoint(const OrderedJson& a, const OrderedJson& b, size_t depth = 0);

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& reason) const;
  void merge_properties(OrderedJson& a, OrderedJson& b, const std::string& path);
  void count_work(const std::string& path);

  const OrderedJson& document_;
  std::string where_;
  size_t work_ = 0;
  size_t depth_ = 0;
};

bool is_annotation(const std::string& keyword);
// "string", "integer", ...: the types a schema names; empty: any.
std::vector<std::string> types_of(const OrderedJson& schema);

}  // namespace twin::json_schema
