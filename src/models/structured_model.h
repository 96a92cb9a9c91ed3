#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "models/language_model.h"
#include "models/remote_service.h"

namespace twin {

class HttpClient;

// A question whose answer is JSON.
struct StructuredQuestion {
  std::string task;    // what is asked, and what for
  std::string text;    // what it is asked of; may be anyone's words
  std::string schema;  // a JSON schema of the answer, as json_schema.h understands it
  size_t max_new_tokens = 256;
};

// A language model that answers with JSON valid against a schema. What it says is no more than
// that: whoever asks checks whether it can be true. Thread-safe.
class StructuredModel {
 public:
  virtual ~StructuredModel() = default;

  virtual std::string name() const = 0;
  // Errors: kBadInput for a question longer than the model takes or a schema that is none;
  // kInterrupted; kRemote, also where a service's answer is no JSON.
  virtual Json answer(Context& context, const StructuredQuestion& question) = 0;
};

// A model in this process, asked through its chat template where it has one; what it writes is held
// to the schema token by token, so that the answer is valid whatever the model. The likeliest
// tokens alone: the same question, the same answer. `context` outlives it.
std::unique_ptr<StructuredModel> make_local_structured_model(Context& context,
                                                             const kernels::Kernels& kernels,
                                                             LanguageModel model, std::string name);

// An OpenAI-compatible POST URL/chat/completions with response_format json_schema (OpenAI, vLLM,
// llama.cpp, Ollama). Whether the service holds the answer to the schema is its own affair. `http`
// and what `lookup` needs outlive it. Errors: as RemoteService.
std::unique_ptr<StructuredModel> make_remote_structured_model(
    HttpClient& http, const RemoteOptions& options, const EnvironmentLookup& lookup = std::getenv);

}  // namespace twin
