#include "collection/warehouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "base/json.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;

struct Collection {
  Category category;
  const char* file;
  const char* media_type;
};
constexpr Collection kCollections[] = {
    {Category::kArticles, "ArticleDocument.json", "application/vnd.llm-twin.article+json"},
    {Category::kPosts, "PostDocument.json", "application/vnd.llm-twin.post+json"},
    {Category::kRepositories, "RepositoryDocument.json",
     "application/vnd.llm-twin.repository+json"}};
constexpr const char* kUsersFile = "UserDocument.json";

const char* media_type_of(Category category) {
  return std::find_if(std::begin(kCollections), std::end(kCollections),
                      [&](const Collection& c) { return c.category == category; })
      ->media_type;
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

// Reads a warehouse file that must be a list; empty where it is absent.
std::string read_list_file(const fs::path& file) {
  if (!fs::exists(file)) return "[]";
  std::string bytes = read_file(file, kMaxFileBytes);
  if (!parse_json(bytes, file.string()).is_array()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: expected a list of documents", file.string()));
  }
  return bytes;
}

void import_users(DocumentStore& store, const fs::path& folder, CollectionReport& report,
                  const std::string& time) {
  const std::string bytes = read_list_file(folder / kUsersFile);
  size_t index = 0;
  for (std::string_view raw : list_elements(bytes)) {
    const Json user = parse_json(raw, kUsersFile);
    const std::string id = user.is_object() ? text_field(user, "_id") : std::string();
    if (id.empty()) {
      const std::string source = fmt::format("{}#{}", (folder / kUsersFile).string(), index);
      store.put_item({source, "failed", "a user without '_id'", "", time});
      ++report.states["failed"];
    } else {
      store.put_author({id, text_field(user, "first_name"), text_field(user, "last_name")});
    }
    ++index;
  }
}

// The reference keeps authors in a file of their own; a document may be by one that is not there.
void put_missing_author(DocumentStore& store, const RawDocument& document) {
  const std::vector<Author> known = store.authors();
  const bool missing = std::none_of(known.begin(), known.end(), [&](const Author& author) {
    return author.id == document.author_id;
  });
  if (!missing) return;
  Author author = author_from_full_name(document.author_full_name);
  author.id = document.author_id;
  store.put_author(author);
}

// Python's json.dump as the reference system calls it: ", " and ": ", everything but ASCII escaped.
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

std::string element_of(const RawDocument& document) {
  for (const Collection& collection : kCollections) {
    if (document.media_type == collection.media_type) return document.raw;
  }
  OrderedJson content = {{"Title", document.title},
                         {"Subtitle", document.subtitle},
                         {"Content", document.verbatim},
                         {"language", document.language}};
  for (const char* name : {"Subtitle", "language"}) {
    if (content[name] == "") content[name] = nullptr;
  }
  return python_json({{"content", content},
                      {"platform", document.platform},
                      {"author_id", document.author_id},
                      {"author_full_name", document.author_full_name},
                      {"link", document.link},
                      {"_id", document.id}});
}

void write_list(const fs::path& file, const std::vector<std::string>& elements) {
  write_file_atomic(file, fmt::format("[{}]", fmt::join(elements, ", ")));
}

}  // namespace

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

std::vector<std::string_view> list_elements(std::string_view json) {
  std::vector<std::string_view> elements;
  size_t depth = 0, begin = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    const bool ends_element = depth == 1 && (c == ',' || c == ']');
    if (ends_element) {
      const std::string_view element = json.substr(begin, i - begin);
      const size_t first = element.find_first_not_of(" \t\r\n");
      if (first != std::string_view::npos) {
        elements.push_back(element.substr(first, element.find_last_not_of(" \t\r\n") - first + 1));
      }
      begin = i + 1;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') {
      if (++depth == 1) begin = i + 1;
    }
    if ((c == ']' || c == '}') && --depth == 0) break;
  }
  return elements;
}

CollectionReport import_warehouse(Context& context, DocumentStore& store, const fs::path& folder) {
  bool any = fs::exists(folder / kUsersFile);
  for (const Collection& collection : kCollections) any |= fs::exists(folder / collection.file);
  if (!any) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: no warehouse there; expected ArticleDocument.json and its like "
                            "(for a folder of texts use `twin collect`)",
                            folder.string()));
  }
  CollectionReport report;
  import_users(store, folder, report, format_time(context.clock.now()));
  for (const Collection& collection : kCollections) {
    const fs::path file = folder / collection.file;
    const std::string bytes = read_list_file(file);
    const std::vector<std::string_view> elements = list_elements(bytes);
    if (elements.empty()) continue;
    const auto bar = context.progress.start(name_of(collection.category), elements.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      stop_if_interrupted(context);
      Item item{fmt::format("{}#{}", collection.file, i), "", "", "",
                format_time(context.clock.now())};
      try {
        const RawDocument document = read_warehouse_document(collection.category, elements[i]);
        item.source = fmt::format("{}#{}", collection.file, document.id);
        const PutResult result = store.put_document(document, item);
        put_missing_author(store, document);
        ++report.states[result == PutResult::kNew         ? "new"
                        : result == PutResult::kUnchanged ? "unchanged"
                                                          : "new version"];
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kBadInput) throw;
        item.state = "failed";
        item.reason = error.what();
        store.put_item(item);
        ++report.states["failed"];
      }
      bar->update(i + 1);
    }
  }
  return report;
}

ExportReport export_warehouse(DocumentStore& store, const fs::path& folder) {
  ExportReport report;
  std::vector<std::string> users;
  for (const Author& author : store.authors()) {
    users.push_back(python_json(
        {{"first_name", author.first_name}, {"last_name", author.last_name}, {"_id", author.id}}));
  }
  report.users = users.size();
  write_list(folder / kUsersFile, users);
  for (const Collection& collection : kCollections) {
    std::vector<std::string> elements;
    for (const DocumentSummary& summary : store.documents({{}, collection.category})) {
      elements.push_back(element_of(*store.document(summary.id)));
    }
    (collection.category == Category::kArticles ? report.articles
     : collection.category == Category::kPosts  ? report.posts
                                                : report.repositories) = elements.size();
    write_list(folder / collection.file, elements);
  }
  return report;
}

}  // namespace twin
