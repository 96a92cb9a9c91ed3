#include "inference/writer.h"

#include <chrono>

#include "domain/masking.h"
#include "models/long_text.h"
#include "text/masked_stream.h"
#include "text/paragraphs.h"

namespace twin {
namespace {

// A draft leans on several documents where several have to do with the request.
constexpr size_t kMostPerDocument = 2;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The passages as what was written before, the most relevant last: nearest to the text to come,
// and the last to be cut where the model's context is short.
struct PromptContext {
  std::string text;
  std::vector<size_t> ends;  // of each passage in `text`, best first
};

PromptContext context_of(const std::vector<Passage>& passages) {
  PromptContext context;
  context.ends.resize(passages.size());
  for (size_t i = passages.size(); i-- > 0;) {
    const std::string& passage = passages[i].chunk.text;
    if (!context.text.empty()) context.text += "\n\n";
    context.text += slice(passage, trim(passage, {0, passage.size()}));
    context.ends[i] = context.text.size();
  }
  return context;
}

}  // namespace

Draft write_draft(const Retriever& retriever, TextGenerator& generator, const std::string& request,
                  const WriteOptions& options,
                  const std::function<bool(std::string_view)>& on_text) {
  Draft draft;
  const auto start = std::chrono::steady_clock::now();
  RetrievalOptions retrieval = options.retrieval;
  retrieval.own_prose_only = true;
  retrieval.most_per_document = kMostPerDocument;
  const Retrieval found = retriever.retrieve(request, retrieval);
  const std::vector<Passage>& passages = found.passages;
  draft.reranker_cut = found.cut_for_reranker;
  draft.retrieval_seconds = seconds_since(start);
  if (passages.empty()) {
    draft.answer.found = false;
    draft.answer.text =
        "Nothing in the collected writing has to do with this request, so nothing was written. "
        "Collect texts on it, or ask in other words.";
    return draft;
  }
  const PromptContext context = context_of(passages);
  const auto generation_start = std::chrono::steady_clock::now();
  // A model may have learnt elsewhere, or make up, what passages and training are kept free of.
  const PrivateDataOptions privacy{.allowance = options.privacy};
  MaskedStream shown(privacy, on_text);
  const TextGenerator::Result result =
      write_at_least(generator, {request, {}, context.text}, options.words, options.sampling,
                     on_text ? [&](std::string_view text) { return shown.add(text); }
                             : std::function<bool(std::string_view)>());
  shown.finish();
  draft.generation_seconds = seconds_since(generation_start);
  // What did not fit into the prompt is no source of what was written.
  for (size_t i = 0; i < passages.size(); ++i) {
    const Passage& passage = passages[i];
    if (context.ends[i] <= result.context_bytes_cut) break;
    draft.answer.sources.push_back({passage.chunk.document_id, passage.chunk.title, passage.link,
                                    passage.chunk.range, passage.score, passage.chunk.text});
  }
  draft.answer.text =
      masked(result.text, {0, result.text.size()}, find_private_data(result.text, privacy));
  draft.prompt_tokens = result.prompt_tokens;
  draft.completion_tokens = result.completion_tokens;
  draft.context_tokens_cut = result.context_tokens_cut;
  return draft;
}

}  // namespace twin
