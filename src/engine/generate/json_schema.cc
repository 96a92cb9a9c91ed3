#include "engine/generate/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "engine/generate/json_schema_merge.h"
#include "engine/generate/json_text_grammar.h"

namespace twin {
namespace {

using json_schema::is_annotation;
using json_schema::types_of;
namespace jg = json_grammar;

constexpr size_t kMostRules = 50'000;
constexpr int64_t kMostLength = 100'000;

const std::map<std::string, std::set<std::string>> kKeywordsOf = {
    {"object", {"properties", "required", "additionalProperties"}},
    {"array", {"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"}},
    {"string", {"minLength", "maxLength", "pattern", "format"}},
    {"number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}},
    {"boolean", {}},
    {"null", {}},
};
const std::set<std::string> kGeneral = {"type",  "nullable", "enum",  "const",
                                        "anyOf", "oneOf",    "allOf", "$ref"};

constexpr std::string_view kCommonRules = R"G(
string ::= "\"" char* "\""
boolean ::= "true" | "false"
value ::= object | array | string | number | boolean | "null"
object ::= "{" (member ("," " "? member)*)? "}"
member ::= string ":" " "? value
array ::= "[" (value ("," " "? value)*)? "]"
)G";

class Writer {
 public:
  Writer(std::string_view schema, std::string_view where)
      : where_(where),
        document_(parse_ordered_json(schema, where, {.max_bytes = 4 << 20, .max_depth = 64})),
        merger_(document_, where_) {}

  std::string write() {
    const std::string root = expression(document_, "#");
    std::string text = fmt::format("root ::= {}\n{}", root, rules_);
    text += kCommonRules;
    text += fmt::format("number ::= {}\n", jg::numbers({}, where_));
    text += jg::kStringRules;
    return text;
  }

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& reason) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}, {}: {}", where_, path, reason));
  }

  std::string new_rule(const std::string& body) {
    const std::string name = fmt::format("r{}", ++rule_count_);
    if (rule_count_ > kMostRules) fail("#", "the schema is too large");
    rules_ += fmt::format("{} ::= {}\n", name, body);
    return name;
  }

  // An expression in parentheses, a rule's name or a literal.
  std::string expression(const OrderedJson& schema, const std::string& path) {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) fail(path, "false matches nothing");
      return "value";
    }
    if (!schema.is_object()) fail(path, "a schema is neither an object nor a boolean");
    check_keywords(schema, path);
    if (schema.contains("$ref")) {
      const bool alone = std::all_of(schema.items().begin(), schema.items().end(), [](auto& item) {
        return item.key() == "$ref" || is_annotation(item.key());
      });
      if (alone) return reference(schema["$ref"], path);
    }
    const bool joined = schema.contains("$ref") || schema.contains("allOf") ||
                        schema.contains("anyOf") || schema.contains("oneOf");
    if (!joined) return plain(schema, path);
    const OrderedJson flat = merger_.flatten(schema, path);
    if (!flat.is_object()) return expression(flat, path);
    for (const char* keyword : {"anyOf", "oneOf"}) {
      if (flat.contains(keyword)) return branches(flat[keyword], path + '/' + keyword);
    }
    check_keywords(flat, path);
    return plain(flat, path);
  }

  std::string reference(const OrderedJson& ref, const std::string& path) {
    if (!ref.is_string()) fail(path, "$ref is not a string");
    const auto pointer = ref.get<std::string>();
    const auto known = references_.find(pointer);
    if (known != references_.end()) return known->second;
    const std::string name = fmt::format("ref{}", references_.size());
    references_[pointer] = name;
    const OrderedJson& target = json_schema::resolve(document_, pointer, where_);
    const std::string body = expression(target, pointer);
    rules_ += fmt::format("{} ::= {}\n", name, body);
    return name;
  }

  std::string branches(const OrderedJson& list, const std::string& path) {
    if (path.ends_with("oneOf")) {
      for (size_t i = 0; i < list.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          if (!merger_.disjoint(list[j], list[i])) {
            fail(path, fmt::format("branches {} and {} may match the same value, which oneOf "
                                   "forbids; tell them apart (a const, a type) or use anyOf",
                                   j, i));
          }
        }
      }
    }
    std::string text;
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) text += " | ";
      text += expression(list[i], fmt::format("{}/{}", path, i));
    }
    return new_rule(text);
  }

  void check_keywords(const OrderedJson& schema, const std::string& path) const {
    for (const auto& [key, value] : schema.items()) {
      const bool of_type =
          std::any_of(kKeywordsOf.begin(), kKeywordsOf.end(),
                      [&key = key](const auto& entry) { return entry.second.contains(key); });
      if (!of_type && !kGeneral.contains(key) && !is_annotation(key)) {
        fail(path, fmt::format("'{}' is not supported", key));
      }
    }
  }

  std::string plain(const OrderedJson& schema, const std::string& path) {
    std::vector<std::string> types = types_of(schema);
    if (schema.contains("type") && types.empty()) fail(path, "'type' names no type");
    if (schema.contains("nullable") && schema["nullable"] == true) types.emplace_back("null");
    if (schema.contains("enum") || schema.contains("const")) return values(schema, types, path);
    if (types.empty() || types == std::vector<std::string>{"null"}) {
      // The types its keywords speak of; a value of another type would be valid too.
      const bool nullable = !types.empty() && !schema.contains("type");
      if (types.empty() || nullable) {
        for (const auto& [type, keywords] : kKeywordsOf) {
          for (const std::string& keyword : keywords) {
            if (schema.contains(keyword) &&
                std::find(types.begin(), types.end(), type) == types.end())
              types.push_back(type);
          }
        }
        if (types.empty() || (nullable && types.size() == 1)) return "value";
      }
    }
    std::string text;
    for (const std::string& type : types) {
      text += (text.empty() ? "" : " | ") + of_type(type, schema, path);
    }
    return '(' + text + ')';
  }

  std::string of_type(const std::string& type, const OrderedJson& schema, const std::string& path) {
    if (type == "object") return object(schema, path);
    if (type == "array") return array(schema, path);
    if (type == "string") return string(schema, path);
    if (type == "integer") return integer(schema, path);
    if (type == "number") return number(schema, path);
    if (type == "boolean") return "boolean";
    if (type == "null") return "\"null\"";
    fail(path, fmt::format("'{}' is no type", type));
  }

  std::string values(const OrderedJson& schema, const std::vector<std::string>& types,
                     const std::string& path) {
    for (const auto& [key, value] : schema.items()) {
      if (key != "type" && key != "enum" && key != "const" && key != "nullable" &&
          !is_annotation(key)) {
        fail(path, fmt::format("'{}' beside enum or const is not supported", key));
      }
    }
    const OrderedJson list =
        schema.contains("const") ? OrderedJson::array({schema["const"]}) : schema["enum"];
    if (!list.is_array()) fail(path, "enum is not a list");
    std::string text;
    for (const OrderedJson& value : list) {
      if (schema.contains("const") && schema.contains("enum") &&
          std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
        continue;
      }
      if (!types.empty() &&
          std::none_of(types.begin(), types.end(), [&](const auto& t) { return is_a(value, t); })) {
        continue;
      }
      text += (text.empty() ? "" : " | ") + jg::literal(dump_json(value));
    }
    if (text.empty()) fail(path, "no value of enum or const is of the type");
    return '(' + text + ')';
  }

  static bool is_a(const OrderedJson& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    return value.type_name() == type;
  }

  // A keyword's whole number from 0, where it is there.
  std::optional<int64_t> size(const OrderedJson& schema, const char* key, const std::string& path) {
    if (!schema.contains(key)) return std::nullopt;
    const OrderedJson& value = schema[key];
    const double number = value.is_number() ? value.get<double>() : -1;
    if (!(number >= 0 && number <= static_cast<double>(kMostLength)) ||
        number != std::floor(number)) {
      fail(path, fmt::format("{} is {}; whole numbers to {} are supported", key, dump_json(value),
                             kMostLength));
    }
    return static_cast<int64_t>(number);
  }

  std::string string(const OrderedJson& schema, const std::string& path) {
    const auto low = size(schema, "minLength", path), high = size(schema, "maxLength", path);
    const bool has_pattern = schema.contains("pattern"), has_format = schema.contains("format");
    if (has_pattern + has_format + (low || high) > 1) {
      fail(path, "pattern, format and lengths together are not supported");
    }
    for (const char* key : {"pattern", "format"}) {
      if (schema.contains(key) && !schema[key].is_string()) {
        fail(path, fmt::format("{} is not a string", key));
      }
    }
    std::string content;
    if (has_pattern) {
      content = jg::pattern(schema["pattern"].get<std::string>(), where_ + ", " + path);
    } else if (has_format) {
      const auto name = schema["format"].get<std::string>();
      content = jg::format(name);
      if (content.empty()) fail(path, fmt::format("format '{}' is not supported", name));
    } else if (low || high) {
      if (high && low.value_or(0) > *high) fail(path, "minLength is greater than maxLength");
      content = high ? fmt::format("char{{{},{}}}", low.value_or(0), *high)
                     : fmt::format("char{{{},}}", *low);
    } else {
      return "string";
    }
    return new_rule(fmt::format("\"\\\"\" {} \"\\\"\"", content));
  }

  // The stricter of an inclusive and an exclusive bound; `up`: it bounds from below.
  std::optional<double> bound(const OrderedJson& schema, bool below, bool& excluded,
                              const std::string& path) {
    const char* keys[2] = {below ? "minimum" : "maximum",
                           below ? "exclusiveMinimum" : "exclusiveMaximum"};
    std::optional<double> result;
    excluded = false;
    for (int i = 0; i < 2; ++i) {
      if (!schema.contains(keys[i])) continue;
      if (!schema[keys[i]].is_number()) fail(path, fmt::format("{} is not a number", keys[i]));
      const auto value = schema[keys[i]].get<double>();
      const bool stricter =
          !result || (below ? value > *result : value < *result) || (i == 1 && value == *result);
      if (stricter) excluded = i == 1;
      if (stricter) result = value;
    }
    if (result && std::fabs(*result) > 9e15) {
      fail(path, fmt::format("a bound of {} is beyond the 9e15 that are exact", *result));
    }
    return result;
  }

  std::string integer(const OrderedJson& schema, const std::string& path) {
    bool low_excluded = false, high_excluded = false;
    const auto low = bound(schema, true, low_excluded, path);
    const auto high = bound(schema, false, high_excluded, path);
    std::optional<int64_t> least, most;
    if (low) {
      least = static_cast<int64_t>(std::ceil(*low));
      if (low_excluded && *low == std::ceil(*low)) ++*least;
    }
    if (high) {
      most = static_cast<int64_t>(std::floor(*high));
      if (high_excluded && *high == std::floor(*high)) --*most;
    }
    return new_rule(jg::integers(least, most, where_ + ", " + path));
  }

  std::string number(const OrderedJson& schema, const std::string& path) {
    jg::NumberBounds bounds;
    const auto low = bound(schema, true, bounds.low_excluded, path);
    const auto high = bound(schema, false, bounds.high_excluded, path);
    if (!low && !high) return "number";
    for (const auto& b : {low, high}) {
      if (b && *b != std::floor(*b)) {
        fail(path,
             fmt::format("the bound {} of a number is not whole, which is not supported", *b));
      }
    }
    if (low) bounds.low = static_cast<int64_t>(*low);
    if (high) bounds.high = static_cast<int64_t>(*high);
    return new_rule(jg::numbers(bounds, where_ + ", " + path));
  }

  std::string array(const OrderedJson& schema, const std::string& path) {
    if (schema.contains("uniqueItems") && schema["uniqueItems"] != false) {
      fail(path, "'uniqueItems' is not supported");
    }
    OrderedJson prefix = schema.value("prefixItems", OrderedJson::array());
    OrderedJson items = schema.value("items", OrderedJson(true));
    bool open = schema.contains("items");
    if (items.is_array()) {  // the older way
      prefix = items;
      items = schema.value("additionalItems", OrderedJson(true));
      open = schema.contains("additionalItems");
    } else if (schema.contains("additionalItems")) {
      fail(path, "'additionalItems' without a list of items is not supported");
    }
    if (!prefix.is_array()) fail(path, "prefixItems is not a list of schemas");
    const auto k = static_cast<int64_t>(prefix.size());
    const int64_t low = size(schema, "minItems", path).value_or(0);
    std::optional<int64_t> high = size(schema, "maxItems", path);
    if (k > 0 && !open) high = std::min(high.value_or(INT64_MAX), std::max(low, k));
    if (items == false) high = std::min(high.value_or(INT64_MAX), k);
    if (high && *high < low) fail(path, "no array has as many items as it must");
    std::string rest;
    if (!high || *high > k) {
      const std::string item = new_rule(expression(items, path + "/items"));
      const int64_t begin = k == 0 ? 1 : 0;
      const int64_t least = std::max<int64_t>(0, low - k - begin);
      const std::string most = high ? std::to_string(*high - k - begin) : "";
      rest = fmt::format("(\",\" \" \"? {}){{{},{}}}", item, least, most);
      if (k == 0) rest = fmt::format("({} {}){}", item, rest, low > 0 ? "" : "?");
    }
    for (int64_t i = k; i-- > 0;) {
      if (high && i >= *high) continue;
      const std::string item =
          expression(prefix[static_cast<size_t>(i)], fmt::format("{}/prefixItems/{}", path, i));
      rest = new_rule(fmt::format("{} {} {}", i > 0 ? "\",\" \" \"?" : "", item, rest));
      if (i >= low) rest += '?';
    }
    return new_rule(fmt::format("\"[\" {} \"]\"", rest));
  }

  std::string object(const OrderedJson& schema, const std::string& path) {
    OrderedJson properties = schema.value("properties", OrderedJson::object());
    const OrderedJson more =
        schema.value("additionalProperties", OrderedJson(!schema.contains("properties")));
    const OrderedJson required = schema.value("required", OrderedJson::array());
    if (!properties.is_object() || !required.is_array()) {
      fail(path, "properties is not an object or required not a list");
    }
    std::set<std::string> must;
    for (const OrderedJson& name : required) {
      if (!name.is_string()) fail(path, "required holds what is no string");
      must.insert(name.get<std::string>());
      if (!properties.contains(name.get<std::string>())) {
        // Nothing said of it but by additionalProperties.
        const OrderedJson held_to = schema.value("additionalProperties", OrderedJson(true));
        properties[name.get<std::string>()] = held_to;
      }
    }
    std::vector<std::string> names;
    for (const auto& item : properties.items()) {
      if (item.value() == false && !must.contains(item.key())) continue;
      names.push_back(item.key());
    }
    // From the last to the first: what may follow where nothing, or something, stands before.
    std::string after_none, after_some;
    if (more != false) {
      const std::string value = new_rule(expression(more, path + "/additionalProperties"));
      const std::string key = other_keys(properties);
      const std::string member = new_rule(fmt::format("{} \":\" \" \"? {}", key, value));
      after_some = new_rule(fmt::format("(\",\" \" \"? {})*", member));
      after_none = new_rule(fmt::format("({} {})?", member, after_some));
    }
    for (size_t i = names.size(); i-- > 0;) {
      const std::string& name = names[i];
      const std::string value = expression(properties[name], path + "/properties/" + name);
      const std::string member = new_rule(
          fmt::format("{} \" \"? {}", jg::literal(dump_json(OrderedJson(name)) + ':'), value));
      const bool optional = !must.contains(name);
      const auto follow = [&](const std::string& first, const std::string& instead) {
        return optional ? fmt::format("{} {} | {}", first, after_some,
                                      instead.empty() ? "\"\"" : instead)
                        : fmt::format("{} {}", first, after_some);
      };
      const std::string none = new_rule(follow(member, after_none));
      after_some = new_rule(follow("\",\" \" \"? " + member, after_some));
      after_none = none;
    }
    return new_rule(fmt::format("\"{{\" {} \"}}\"", after_none));
  }

  // Keys, written without escapes, that are none of the named.
  std::string other_keys(const OrderedJson& properties) {
    struct Branch {
      std::map<uint32_t, Branch> next;
      bool named = false;
    } root;
    for (const auto& item : properties.items()) {
      Branch* at = &root;
      const std::string& name = item.key();
      for (size_t i = 0; i < name.size();) {
        const auto first = static_cast<unsigned char>(name[i]);
        const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        uint32_t c = length == 1 ? first : first & (0x7Fu >> length);
        for (size_t j = 1; j < length && i + j < name.size(); ++j) {
          c = c << 6 | (static_cast<unsigned char>(name[i + j]) & 0x3F);
        }
        at = &at->next[c];
        i += length;
      }
      at->named = true;
    }
    const auto plain = [](const Branch& branch) {
      std::vector<CodePoints> barred = {{0, 0x1F}, {'"', '"'}, {'\\', '\\'}};
      for (const auto& [c, next] : branch.next) barred.push_back({c, c});
      return jg::char_class(complement(barred));
    };
    const std::string any = plain(Branch{}) + '*';
    std::function<std::string(const Branch&)> rest = [&](const Branch& branch) -> std::string {
      std::string text = fmt::format("{} {}", plain(branch), any);
      for (const auto& [c, next] : branch.next) {
        if (c < 0x20 || c == '"' || c == '\\') continue;  // such a name is never written plainly
        text += fmt::format(" | {} {}", jg::char_class({{c, c}}), rest(next));
      }
      if (!branch.named) text += " | \"\"";
      return new_rule(text);
    };
    return new_rule(fmt::format("\"\\\"\" {} \"\\\"\"", rest(root)));
  }

  std::string where_;
  OrderedJson document_;
  json_schema::Merger merger_;
  std::string rules_;
  size_t rule_count_ = 0;
  std::map<std::string, std::string> references_;
};

}  // namespace

std::string json_schema_to_gbnf(std::string_view schema, std::string_view where) {
  try {
    return Writer(schema, where).write();
  } catch (const OrderedJson::exception& error) {
    // A keyword's value of a type that makes no sense.
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, error.what()));
  }
}

Grammar json_schema_grammar(std::string_view schema, std::string_view where) {
  return parse_grammar(json_schema_to_gbnf(schema, where), where);
}

}  // namespace twin
