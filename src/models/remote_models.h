#pragma once

#include <cstdlib>
#include <memory>

#include "base/http_client.h"
#include "models/embedder.h"
#include "models/remote_service.h"
#include "models/reranker.h"

namespace twin {

// An OpenAI-compatible POST URL/embeddings (OpenAI, vLLM, llama.cpp, Ollama, text-embeddings-
// inference): {model, input} -> {data: [{index, embedding}]}. Vectors are brought to unit length;
// token counts are not known. `http` and what `lookup` needs outlive it. Errors: as
// RemoteService; kUsage without dimensions.
std::unique_ptr<Embedder> make_remote_embedder(HttpClient& http, const RemoteOptions& options,
                                               const EnvironmentLookup& lookup = std::getenv);

// POST URL/rerank as Jina, Cohere and vLLM have it: {model, query, documents, top_n} -> {results:
// [{index, relevance_score}]}; a bare list and "score" (text-embeddings-inference) are read too.
std::unique_ptr<Reranker> make_remote_reranker(HttpClient& http, const RemoteOptions& options,
                                               const EnvironmentLookup& lookup = std::getenv);

}  // namespace twin
