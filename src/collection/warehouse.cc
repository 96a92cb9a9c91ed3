#include "collection/warehouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "stores/documents/warehouse_document.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;

struct Collection {
  Category category;
  const char* file;
};
constexpr Collection kCollections[] = {{Category::kArticles, "ArticleDocument.json"},
                                       {Category::kPosts, "PostDocument.json"},
                                       {Category::kRepositories, "RepositoryDocument.json"}};
constexpr const char* kUsersFile = "UserDocument.json";

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

std::string text_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
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

void write_list(const fs::path& file, const std::vector<std::string>& elements) {
  write_file_atomic(file, fmt::format("[{}]", fmt::join(elements, ", ")));
}

}  // namespace

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
      elements.push_back(warehouse_element(*store.document(summary.id)));
    }
    (collection.category == Category::kArticles ? report.articles
     : collection.category == Category::kPosts  ? report.posts
                                                : report.repositories) = elements.size();
    write_list(folder / collection.file, elements);
  }
  return report;
}

}  // namespace twin
