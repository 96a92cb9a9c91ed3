#include "inference/draft_json.h"

#include <nlohmann/json.hpp>

namespace twin {

OrderedJson to_json(const Draft& draft) {
  OrderedJson sources = OrderedJson::array();
  for (const Source& source : draft.answer.sources) {
    sources.push_back({{"document", source.document_id},
                       {"title", source.title},
                       {"link", source.link},
                       {"begin", source.range.begin},
                       {"end", source.range.end},
                       {"score", source.score},
                       {"text", source.text}});
  }
  return {{"answer", draft.answer.text},
          {"found", draft.answer.found},
          {"sources", sources},
          {"usage",
           {{"prompt_tokens", draft.prompt_tokens},
            {"completion_tokens", draft.completion_tokens},
            {"reranker_cut", draft.reranker_cut},
            {"context_tokens_cut", draft.context_tokens_cut},
            {"retrieval_seconds", draft.retrieval_seconds},
            {"generation_seconds", draft.generation_seconds}}}};
}

}  // namespace twin
