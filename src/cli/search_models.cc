#include "cli/search_models.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.h"
#include "cli/model_argument.h"
#include "cli/training_settings.h"
#include "models/remote_models.h"
#include "stores/vectors/qdrant_client.h"

namespace twin {
namespace {

struct StageName {
  const char* name;
  bool RetrievalStages::*on;
};
constexpr StageName kStages[] = {
    {"self_query", &RetrievalStages::self_query}, {"bm25", &RetrievalStages::bm25},
    {"dense", &RetrievalStages::dense},           {"expansion", &RetrievalStages::expansion},
    {"rerank", &RetrievalStages::rerank},         {"duplicates", &RetrievalStages::duplicates},
    {"diversity", &RetrievalStages::diversity},   {"neighbours", &RetrievalStages::neighbours},
};

EncoderCompute search_compute(Session& session) {
  const std::string text = session.settings().text("search.compute");
  if (text == "f32") return EncoderCompute::kF32;
  if (text == "bf16") return EncoderCompute::kBf16;
  if (text == "int8") return EncoderCompute::kInt8;
  throw Error(ErrorCode::kUsage,
              fmt::format("setting search.compute is '{}'; expected f32, bf16 or int8", text));
}

std::string forced_isa() {
  const char* isa = std::getenv("TWIN_FORCE_ISA");
  return isa == nullptr ? "" : isa;
}

// A setting that names a model by the URL of its service: the URL without the path that the door
// adds, the model's name and the key's variable.
RemoteOptions remote_options(Session& session, const std::string& setting,
                             const std::string& model_setting, const char* path, const char* key) {
  RemoteOptions options;
  options.url = session.settings().text(setting);
  while (options.url.ends_with('/')) options.url.pop_back();
  if (options.url.ends_with(path)) options.url.resize(options.url.size() - std::strlen(path));
  options.model = session.settings().text(model_setting);
  if (options.model.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("setting {} is a URL: {} must say what the service there calls the "
                            "model",
                            setting, model_setting));
  }
  options.api_key_variable = key;
  options.api_key_is_optional = true;
  return options;
}

// Who waits for a search wants to know soon that a service is down.
constexpr BackoffOptions kWhileSearching{.first = std::chrono::milliseconds(500), .attempts = 3};

// What opens the models of one session.
class Opener {
 public:
  Opener(Session& session, const SearchModelsOptions& options)
      : session_(session), options_(options) {}

  SearchModels open() {
    open_embedder();
    if (options_.to_search) {
      open_reranker();
      open_self_query();
    }
    if (result_.embedder != nullptr) open_vectors();
    return std::move(result_);
  }

 private:
  std::string text(std::string_view setting) const { return session_.settings().text(setting); }

  HttpClient& new_client() {
    result_.clients.push_back(make_http_client(session_.context()));
    return *result_.clients.back();
  }

  void set_backoff(BackoffOptions& backoff) const {
    if (options_.access == VectorAccess::kRead) backoff = kWhileSearching;
  }

  void open_embedder() {
    const std::string name = text("search.embedder");
    if (name.empty()) return;
    const std::string query = text("search.query_prefix");
    const std::string document = text("search.document_prefix");
    if (is_http_url(name)) {
      RemoteOptions remote = remote_options(session_, "search.embedder", "search.embedder_model",
                                            "/embeddings", "TWIN_EMBEDDER_API_KEY");
      remote.dimensions = size_setting(session_, "search.embedder_dimensions", 0, 65536);
      if (remote.dimensions == 0) {
        throw Error(ErrorCode::kUsage,
                    "setting search.embedder is a URL: search.embedder_dimensions must say how "
                    "many dimensions the vectors have");
      }
      remote.query_prefix = query;
      remote.document_prefix = document;
      set_backoff(remote.backoff);
      result_.embedder = make_remote_embedder(new_client(), remote);
      return;
    }
    EmbedderOptions local;
    local.compute = search_compute(session_);
    local.kernels = &session_.kernels();
    if (!query.empty()) local.query_prefix = query;
    if (!document.empty()) local.document_prefix = document;
    result_.embedder = load_embedder(session_.context(), name, local);
  }

  void open_reranker() {
    const std::string name = text("search.reranker");
    if (name.empty()) return;
    if (is_http_url(name)) {
      RemoteOptions remote = remote_options(session_, "search.reranker", "search.reranker_model",
                                            "/rerank", "TWIN_RERANKER_API_KEY");
      set_backoff(remote.backoff);
      result_.reranker = make_remote_reranker(new_client(), remote);
      return;
    }
    result_.reranker =
        load_reranker(session_.context(), name,
                      {.compute = search_compute(session_), .kernels = &session_.kernels()});
  }

  void open_self_query() {
    const std::string name = text("search.self_query_model");
    if (name.empty() || !retrieval_stages(session_).self_query) return;
    if (is_http_url(name)) {
      RemoteOptions remote =
          remote_options(session_, "search.self_query_model", "search.self_query_model_name",
                         "/chat/completions", "TWIN_SELF_QUERY_API_KEY");
      // A search goes on without it.
      remote.backoff = {.first = std::chrono::milliseconds(500), .attempts = 2};
      remote.timeout = std::chrono::seconds(30);
      result_.self_query = make_remote_structured_model(new_client(), remote);
      return;
    }
    const std::filesystem::path path = model_path(session_, name);
    result_.self_query = make_local_structured_model(
        session_.context(), session_.kernels(),
        load_language_model(session_.context(), session_.kernels(), path), name);
  }

  void open_vectors() {
    const VectorStoreOptions store{.dimensions = result_.embedder->dimensions(),
                                   .embedder = result_.embedder->identity(),
                                   .access = options_.access,
                                   .isa = forced_isa()};
    Context& context = session_.context();
    const std::string qdrant = text("search.qdrant");
    if (!options_.file.empty()) {
      result_.vectors = open_embedded_vector_store(context, options_.file, store);
    } else if (!qdrant.empty()) {
      QdrantOptions server;
      server.url = qdrant;
      if (const char* key = std::getenv("QDRANT_API_KEY")) server.api_key = key;
      set_backoff(server.backoff);
      result_.vectors = make_qdrant_vector_store(context, new_client(), server, store);
    } else if (options_.collections != nullptr) {
      result_.vectors = open_embedded_vector_store(*options_.collections, store);
    } else {
      // Whoever only reads makes no file.
      const std::filesystem::path file = session_.workspace().vectors();
      if (options_.access != VectorAccess::kRead || std::filesystem::exists(file)) {
        result_.vectors = open_embedded_vector_store(context, file, store);
      }
    }
    if (options_.access != VectorAccess::kRead) return;
    if (result_.vectors == nullptr || result_.vectors->scroll("", 1).empty()) {
      context.log.warning(
          "no passage has a vector yet: `twin features` makes them; words alone are searched");
    }
  }

  Session& session_;
  const SearchModelsOptions& options_;
  SearchModels result_;
};

}  // namespace

RetrievalModels SearchModels::models() const {
  return {vectors.get(), vectors == nullptr ? nullptr : embedder.get(), reranker.get(),
          self_query.get()};
}

SearchModels open_search_models(Session& session, const SearchModelsOptions& options) {
  return Opener(session, options).open();
}

std::string embedder_hint() {
  return fmt::format(
      "to find by meaning too, `twin models pull {0}`, set search.embedder to {0}, and run `twin "
      "features`",
      kOfferedEmbedder);
}

std::unique_ptr<VectorCollections> workspace_collections(Session& session) {
  return open_vector_collections(session.context(), session.workspace().vectors(),
                                 {.isa = forced_isa()});
}

RetrievalStages retrieval_stages(Session& session) {
  RetrievalStages stages;
  for (const StageName& stage : kStages) stages.*stage.on = false;
  std::istringstream list(session.settings().text("search.stages"));
  std::string known;
  for (const StageName& stage : kStages)
    known += std::string(known.empty() ? "" : ", ") + stage.name;
  for (std::string name; std::getline(list, name, ',');) {
    const size_t begin = name.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    name = name.substr(begin, name.find_last_not_of(' ') + 1 - begin);
    bool found = false;
    for (const StageName& stage : kStages) {
      if (name != stage.name) continue;
      stages.*stage.on = found = true;
    }
    if (!found) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("setting search.stages has '{}'; there are {}", name, known));
    }
  }
  if (!stages.bm25 && !stages.dense) {
    throw Error(ErrorCode::kUsage, "setting search.stages has neither bm25 nor dense");
  }
  return stages;
}

double min_similarity(Session& session) {
  const double value = session.settings().number("search.min_similarity");
  if (value >= -1 && value <= 1) return value;
  throw Error(ErrorCode::kUsage,
              fmt::format("setting search.min_similarity is {}; expected -1 to 1", value));
}

}  // namespace twin
