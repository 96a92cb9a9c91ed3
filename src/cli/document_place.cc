#include "cli/document_place.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "stores/documents/mongo_document_store.h"

namespace twin {
namespace {

constexpr uint64_t kMaxSettingsBytes = 1 << 20;

// `index`: the file its passages are found by; empty: none is kept.
std::unique_ptr<DocumentStore> open_mongodb_with(const Context& context, const std::string& uri,
                                                 const std::string& index) {
  MongoStoreOptions options;
  options.connection.uri = uri;
  const char* password = std::getenv("MONGODB_PASSWORD");
  // Whoever writes it into the URI means that one; a server without users takes none.
  if (password != nullptr && mongo::has_user(uri) && !mongo::has_password(uri)) {
    options.connection.password = password;
  }
  options.index = index;
  return open_mongo_document_store(context, options);
}

}  // namespace

bool is_mongodb_uri(std::string_view place) {
  return place.starts_with("mongodb://") || place.starts_with("mongodb+srv://");
}

std::string document_place(const Workspace& workspace, const Settings& settings) {
  const std::string& place = settings.text("documents");
  if (place.empty()) return workspace.database().string();
  if (is_mongodb_uri(place)) return mongo::without_password(place);
  throw Error(ErrorCode::kUsage,
              fmt::format("setting documents is '{}'; expected mongodb://HOST[:PORT]/DATABASE, or "
                          "nothing for {}",
                          place, workspace.database().string()));
}

std::unique_ptr<DocumentStore> open_documents(const Context& context, const Workspace& workspace,
                                              const Settings& settings) {
  const std::string place = document_place(workspace, settings);
  if (!is_mongodb_uri(place)) return open_sqlite_document_store(place);
  return open_mongodb_with(context, settings.text("documents"), workspace.passages().string());
}

std::unique_ptr<DocumentStore> open_mongodb(const Context& context, const std::string& uri) {
  return open_mongodb_with(context, uri, "");
}

void load_settings(const Workspace& workspace, Settings& settings) {
  const std::filesystem::path file = workspace.root / "twin.yaml";
  settings.load_yaml(read_file(file, kMaxSettingsBytes), file.string());
}

}  // namespace twin
