// How long a search takes on a large corpus: real posts, chunked as the program does, repeated with
// a word of their own each time until there are 20,000 chunks. Results are checked first: each
// query's best passage holds one of its words (by words alone; by meaning it need not).
//
//   search_bench [FOLDER of Markdown files [EMBEDDER [RERANKER]]] (default:
//   ../shared/data/authors/haack)
//
// With models, each a folder, computed in int8: passages are found by meaning too, and ordered
// anew.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "collection/files.h"
#include "features/pipeline.h"
#include "features/vectors.h"
#include "inference/retrieval.h"
#include "text/unicode.h"

namespace {

using namespace twin;
namespace fs = std::filesystem;

constexpr size_t kChunks = 20000;
constexpr const char* kQueries[] = {"dependency injection",
                                    "how to write a good unit test",
                                    "git rebase",
                                    "the future of open source at Microsoft",
                                    "regular expressions for email addresses",
                                    "what I learned from running a conference",
                                    "asp.net mvc model binding",
                                    "remote work and meetings",
                                    "soccer",
                                    "why code comments lie"};

double milliseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// Copies of the documents' features under new ids until the store holds kChunks chunks.
void fill(DocumentStore& store) {
  const std::vector<DocumentSummary> documents = store.documents();
  for (size_t copy = 1; store.chunk_count() < kChunks; ++copy) {
    for (const DocumentSummary& summary : documents) {
      if (store.chunk_count() >= kChunks) return;
      RawDocument document = *store.document(summary.id);
      Features features = *store.features(summary.id);
      document.id += fmt::format("-{}", copy);
      document.link += fmt::format("#{}", copy);
      Item item;
      item.source = document.link;
      store.put_document(document, item);
      features.clean.document_id = document.id;
      for (Chunk& chunk : features.chunks) {
        chunk.document_id = document.id;
        chunk.id = fmt::format("{}:{}", document.id, chunk.ordinal);
      }
      store.put_features(features);
    }
  }
}

void check(const std::vector<Passage>& passages, const std::string& query) {
  TWIN_CHECK(!passages.empty(), query);
  const std::string text = fold(passages.front().chunk.title + ' ' + passages.front().chunk.text);
  bool found = false;
  for (const ByteRange word : words(query)) {
    found = found || text.find(fold(slice(query, word)).substr(0, 4)) != std::string::npos;
  }
  TWIN_CHECK(found, query);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argc > 1 ? argv[1] : TWIN_SOURCE_DIR "/../shared/data/authors/haack";
  if (!fs::exists(folder)) {
    fmt::print(stderr, "search_bench: {} is absent, nothing measured\n", folder.string());
    return 0;
  }
  const fs::path root = fs::temp_directory_path() / "twin_search_bench";
  fs::remove_all(root);
  fs::create_directories(root);
  QuietContext context(0);  // all threads
  const auto store = open_sqlite_document_store((root / "twin.db").string());
  const Author author = author_from_full_name("Some Author");
  collect_files(context, *store, author, {folder}, {});
  update_features(context, *store, {});
  const size_t own = store->chunk_count();
  fill(*store);

  // What is measured: words alone, with meaning, and with the reranker.
  std::unique_ptr<Embedder> embedder;
  std::unique_ptr<Reranker> reranker;
  std::unique_ptr<VectorStore> vectors;
  if (argc > 2) {
    EmbedderOptions options;
    options.compute = EncoderCompute::kInt8;
    embedder = load_embedder(context, argv[2], options);
    VectorStoreOptions vector_options;
    vector_options.dimensions = embedder->dimensions();
    vector_options.embedder = embedder->identity();
    vectors = open_embedded_vector_store(context, root / "vectors.db", vector_options);
    update_vectors(context, *store, *vectors, *embedder);
  }
  if (argc > 3) {
    RerankerOptions options;
    options.compute = EncoderCompute::kInt8;
    reranker = load_reranker(context, argv[3], options);
  }
  RetrievalModels models;
  models.vectors = vectors.get();
  models.embedder = embedder.get();
  models.reranker = reranker.get();
  const Retriever retriever(context, *store, models);

  std::vector<double> times;
  for (const char* query : kQueries) {
    // A reranker of random weights orders by chance.
    const std::vector<Passage> found = retriever.retrieve(query, {}).passages;
    TWIN_CHECK(!found.empty(), query);
    if (embedder == nullptr) check(found, query);
    for (int run = 0; run < 20; ++run) {
      times.push_back(milliseconds_of([&] { retriever.retrieve(query, {}); }));
    }
  }
  // By the models: words alone; 60 ms with meaning, 250 with a reranker.
  const double limit_ms = reranker != nullptr ? 250 : embedder != nullptr ? 60 : 50;
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<size_t>(share * static_cast<double>(times.size() - 1))];
  };
  const OrderedJson result = {{"benchmark", "search"},
                              {"chunks", store->chunk_count()},
                              {"chunks_of_the_corpus", own},
                              {"queries", std::size(kQueries)},
                              {"runs", times.size()},
                              {"p50_ms", at(0.5)},
                              {"p95_ms", at(0.95)},
                              {"max_ms", times.back()},
                              {"embedder", embedder == nullptr ? "" : embedder->identity()},
                              {"reranker", reranker == nullptr ? "" : reranker->identity()},
                              {"limit_ms", limit_ms}};
  fmt::print("{}\n", dump_json(result));
  fs::remove_all(root);
  return at(0.95) < limit_ms ? 0 : 1;
}
