#include "cli/search_models.h"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "base/error.h"

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

EmbeddedVectorOptions options_for(const Embedder& embedder) {
  EmbeddedVectorOptions options;
  options.dimensions = embedder.dimensions();
  options.embedder = embedder.identity();
  options.isa = forced_isa();
  return options;
}

}  // namespace

std::unique_ptr<Embedder> search_embedder(Session& session) {
  const std::string name = session.settings().text("search.embedder");
  if (name.empty()) return nullptr;
  EmbedderOptions options;
  options.compute = search_compute(session);
  options.kernels = &session.kernels();
  return load_embedder(session.context(), name, options);
}

std::unique_ptr<Reranker> search_reranker(Session& session) {
  const std::string name = session.settings().text("search.reranker");
  if (name.empty()) return nullptr;
  return load_reranker(session.context(), name,
                       {.compute = search_compute(session), .kernels = &session.kernels()});
}

std::unique_ptr<VectorCollections> workspace_collections(Session& session) {
  return open_vector_collections(session.context(), session.workspace().vectors(),
                                 {.isa = forced_isa()});
}

std::unique_ptr<VectorStore> vectors_for(Session& session, const Embedder& embedder,
                                         const std::filesystem::path& path) {
  EmbeddedVectorOptions options = options_for(embedder);
  options.replace_other_embedder = true;
  return open_embedded_vector_store(session.context(), path, options);
}

SearchModels workspace_search_models(Session& session, VectorCollections* collections) {
  SearchModels models;
  models.embedder = search_embedder(session);
  models.reranker = search_reranker(session);
  if (models.embedder == nullptr) return models;
  const EmbeddedVectorOptions options = options_for(*models.embedder);
  models.vectors =
      collections != nullptr
          ? open_embedded_vector_store(*collections, options)
          : open_embedded_vector_store(session.context(), session.workspace().vectors(), options);
  if (models.vectors->count() == 0) {
    session.context().log.warning(
        "no passage has a vector yet: `twin features` makes them; words alone are searched");
  }
  return models;
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
