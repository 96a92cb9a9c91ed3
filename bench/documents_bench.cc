// Throughput of the document stores on the same work: real posts put, read, listed, their features
// put, and searched, in twin.db and in a MongoDB database. What comes back is compared first.
//
//   documents_bench [MONGODB_URI [DOCUMENTS [FOLDER of Markdown files]]] (default: SQLite alone,
//   500,
//   ../shared/data/authors/haack). The database of that URI must not be there yet, and stays.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "collection/files.h"
#include "features/pipeline.h"
#include "stores/documents/mongo_document_store.h"

namespace {

using namespace twin;
namespace fs = std::filesystem;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Work {
  Author author;
  std::vector<RawDocument> documents;
  std::vector<Features> features;
};

Work read_work(Context& context, const fs::path& folder, const fs::path& root, size_t most) {
  const auto store = open_sqlite_document_store((root / "source.db").string());
  Work work;
  work.author = author_from_full_name("Some Author");
  collect_files(context, *store, work.author, {folder}, {});
  update_features(context, *store, {});
  for (const DocumentSummary& summary : store->documents()) {
    if (work.documents.size() == most) break;
    work.documents.push_back(*store->document(summary.id));
    work.features.push_back(*store->features(summary.id));
  }
  return work;
}

OrderedJson measure(const char* name, DocumentStore& store, const Work& work) {
  const auto count = static_cast<double>(work.documents.size());
  OrderedJson result = {{"benchmark", "documents"}, {"store", name}, {"documents", count}};
  const auto rate = [&](const char* what, const std::function<void()>& run) {
    result[std::string(what) + "_per_s"] = count / seconds_of(run);
  };
  store.put_author(work.author);
  const auto put_all = [&](PutResult expected) {
    for (const RawDocument& document : work.documents) {
      Item item;
      item.source = document.link;
      TWIN_CHECK(store.put_document(document, item) == expected, document.link);
    }
  };
  rate("put", [&] { put_all(PutResult::kNew); });
  rate("put_unchanged", [&] { put_all(PutResult::kUnchanged); });
  rate("read", [&] {
    for (const RawDocument& document : work.documents) {
      TWIN_CHECK(same_state(*store.document(document.id), document), document.link);
    }
  });
  rate("put_features", [&] {
    for (const Features& features : work.features) store.put_features(features);
  });
  result["list_ms"] = 1000 * seconds_of([&] {
                        TWIN_CHECK(store.documents().size() == work.documents.size(), name);
                      });
  ChunkQuery query;
  query.terms = {"open", "source", "tests"};
  result["first_search_ms"] =
      1000 * seconds_of([&] { TWIN_CHECK(!store.search_chunks(query).empty(), name); });
  result["search_ms"] = 1000 * seconds_of([&] { store.search_chunks(query); });
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string uri = argc > 1 ? argv[1] : "";
  const size_t most = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 500;
  const fs::path folder = argc > 3 ? argv[3] : TWIN_SOURCE_DIR "/../shared/data/authors/haack";
  if (!fs::exists(folder)) {
    fmt::print(stderr, "documents_bench: {} is absent, nothing measured\n", folder.string());
    return 0;
  }
  const fs::path root = fs::temp_directory_path() / "twin_documents_bench";
  fs::remove_all(root);
  fs::create_directories(root);
  QuietContext context(0);  // all threads
  const Work work = read_work(context, folder, root, most);
  const auto sqlite = open_sqlite_document_store((root / "twin.db").string());
  fmt::print("{}\n", dump_json(measure("sqlite", *sqlite, work)));
  if (!uri.empty()) {
    MongoStoreOptions options;
    options.connection.uri = uri;
    options.index = (root / "passages.db").string();
    const auto mongodb = open_mongo_document_store(context, options);
    TWIN_CHECK(mongodb->authors().empty() && mongodb->documents().empty(),
               "the database is not empty: name one that is not there yet");
    fmt::print("{}\n", dump_json(measure("mongodb", *mongodb, work)));
  }
  fs::remove_all(root);
}
