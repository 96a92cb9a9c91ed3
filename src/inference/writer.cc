#include "inference/writer.h"

#include <algorithm>
#include <chrono>

namespace twin {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The passages as what was written before, the most relevant last: nearest to the text to come,
// and the last to be cut where the model's context is short.
std::string context_of(const std::vector<Passage>& passages) {
  std::string context;
  for (auto passage = passages.rbegin(); passage != passages.rend(); ++passage) {
    if (!context.empty()) context += "\n\n";
    std::string_view text = passage->chunk.text;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    context += text;
  }
  return context;
}

}  // namespace

Draft write_draft(const DocumentStore& store, TextGenerator& generator, const std::string& request,
                  const WriteOptions& options,
                  const std::function<bool(std::string_view)>& on_text) {
  Draft draft;
  const auto start = std::chrono::steady_clock::now();
  RetrievalOptions retrieval = options.retrieval;
  retrieval.own_prose_only = true;
  const std::vector<Passage> passages = retrieve(store, request, retrieval);
  draft.retrieval_seconds = seconds_since(start);
  if (passages.empty()) {
    draft.answer.found = false;
    draft.answer.text =
        "Nothing in the collected writing has to do with this request, so nothing was written. "
        "Collect texts on it, or ask in other words.";
    return draft;
  }
  for (const Passage& passage : passages) {
    draft.answer.sources.push_back({passage.chunk.document_id, passage.chunk.title, passage.link,
                                    passage.chunk.range, passage.score, passage.chunk.text});
  }
  const auto generation_start = std::chrono::steady_clock::now();
  const TextGenerator::Result result =
      generator.write({request, {}, context_of(passages)}, options.sampling, on_text);
  draft.generation_seconds = seconds_since(generation_start);
  draft.answer.text = result.text;
  draft.prompt_tokens = result.prompt_tokens;
  draft.completion_tokens = result.completion_tokens;
  draft.context_tokens_cut = result.context_tokens_cut;
  return draft;
}

}  // namespace twin
