#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "domain/answer.h"
#include "inference/retrieval.h"
#include "models/language_model.h"
#include "stores/documents/document_store.h"
#include "text/private_data.h"

namespace twin {

struct WriteOptions {
  size_t words = 0;  // a draft has at least: see models/long_text.h
  RetrievalOptions retrieval;
  SamplingOptions sampling;
  PrivacyAllowance privacy = {};  // what of private data a draft may show
};

struct Draft {
  Answer answer;
  size_t prompt_tokens = 0, completion_tokens = 0;
  size_t reranker_cut = 0;        // passages of which the reranker read the beginning alone
  size_t context_tokens_cut = 0;  // of the passages, to fit the model's context
  double retrieval_seconds = 0, generation_seconds = 0;
};

// Retrieves, builds the prompt, generates: the draft with its sources (the passages that were, at
// least in part, in the prompt), or the honest statement that
// nothing was found (then nothing is generated). on_text sees the text as it comes.
Draft write_draft(const Retriever& retriever, TextGenerator& generator, const std::string& request,
                  const WriteOptions& options,
                  const std::function<bool(std::string_view)>& on_text = {});

}  // namespace twin
