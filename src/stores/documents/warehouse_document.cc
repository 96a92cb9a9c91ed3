#include "stores/documents/warehouse_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"

namespace twin {
namespace {

struct MediaType {
  Category category;
  const char* name;
};
constexpr MediaType kMediaTypes[] = {
    {Category::kArticles, "application/vnd.llm-twin.article+json"},
    {Category::kPosts, "application/vnd.llm-twin.post+json"},
    {Category::kRepositories, "application/vnd.llm-twin.repository+json"}};

const char* media_type_of(Category category) {
  return std::find_if(std::begin(kMediaTypes), std::end(kMediaTypes),
                      [&](const MediaType& type) { return type.category == category; })
      ->name;
}

std::string text_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string needed_field(const Json& object, const char* name) {
  std::string value = text_field(object, name);
  if (value.empty()) throw Error(ErrorCode::kBadInput, fmt::format("'{}' is missing", name));
  return value;
}

// The text of a content object: an article's Content; otherwise every string under its name.
std::string content_text(Category category, const Json& content) {
  if (category == Category::kArticles) return text_field(content, "Content");
  std::string text;
  for (const auto& [name, value] : content.items()) {
    if (!value.is_string()) continue;
    const auto part = value.get<std::string>();
    if (content.size() == 1) return part;
    if (!text.empty()) text += '\n';
    text += category == Category::kRepositories ? fmt::format("## {}\n\n{}\n", name, part) : part;
  }
  return text;
}

}  // namespace

std::string python_json(const OrderedJson& value) {
  switch (value.type()) {
    case OrderedJson::value_t::object: {
      std::string text = "{";
      for (const auto& [name, member] : value.items()) {
        if (text.size() > 1) text += ", ";
        text += python_json(OrderedJson(name)) + ": " + python_json(member);
      }
      return text + '}';
    }
    case OrderedJson::value_t::array: {
      std::string text = "[";
      for (const OrderedJson& member : value) {
        if (text.size() > 1) text += ", ";
        text += python_json(member);
      }
      return text + ']';
    }
    default:
      return value.dump(-1, ' ', true, OrderedJson::error_handler_t::replace);
  }
}

bool is_warehouse_document(const RawDocument& document) {
  return std::any_of(std::begin(kMediaTypes), std::end(kMediaTypes),
                     [&](const MediaType& type) { return document.media_type == type.name; });
}

OrderedJson warehouse_content(const RawDocument& document) {
  OrderedJson content = {{"Title", document.title},
                         {"Subtitle", document.subtitle},
                         {"Content", document.verbatim},
                         {"language", document.language}};
  for (const char* name : {"Subtitle", "language"}) {
    if (content[name] == "") content[name] = nullptr;
  }
  return content;
}

std::string warehouse_element(const RawDocument& document) {
  if (is_warehouse_document(document)) return document.raw;
  return python_json({{"content", warehouse_content(document)},
                      {"platform", document.platform},
                      {"author_id", document.author_id},
                      {"author_full_name", document.author_full_name},
                      {"link", document.link},
                      {"_id", document.id}});
}

RawDocument read_warehouse_document(Category category, std::string_view raw) {
  const Json element = parse_json(raw, "document");
  if (!element.is_object()) throw Error(ErrorCode::kBadInput, "not an object");
  RawDocument document;
  document.id = needed_field(element, "_id");
  document.category = category;
  document.author_id = needed_field(element, "author_id");
  document.author_full_name = text_field(element, "author_full_name");
  document.platform = text_field(element, "platform");
  document.link = text_field(element, "link");
  if (document.link.empty()) document.link = document.id;
  if (!element.contains("content") || !element["content"].is_object()) {
    throw Error(ErrorCode::kBadInput, "'content' is no object");
  }
  const Json& content = element["content"];
  document.title = text_field(content, "Title");
  if (document.title.empty()) document.title = text_field(element, "name");
  document.subtitle = text_field(content, "Subtitle");
  document.language = text_field(content, "language");
  document.media_type = media_type_of(category);
  document.extractor = kWarehouseExtractor;
  document.verbatim = content_text(category, content);
  if (document.verbatim.empty()) throw Error(ErrorCode::kBadInput, "its content holds no text");
  document.raw = std::string(raw);
  document.content_hash = sha256(document.raw);
  return document;
}

}  // namespace twin
