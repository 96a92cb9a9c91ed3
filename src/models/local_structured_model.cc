#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/machine.h"
#include "engine/generate/generate.h"
#include "engine/generate/json_schema.h"
#include "models/memory.h"
#include "models/model_chat.h"
#include "models/structured_model.h"

namespace twin {
namespace {

class LocalStructuredModel : public StructuredModel {
 public:
  LocalStructuredModel(Context& context, const kernels::Kernels& kernels, LanguageModel model,
                       std::string name)
      : model_(std::move(model)),
        name_(std::move(name)),
        clock_(context.clock),
        stop_tokens_(stop_tokens(model_)),
        vocabulary_(std::make_shared<const Vocabulary>(
            vocabulary_of(*model_.tokenizer, model_.weights->config.vocab_size))),
        decoder_(context, kernels, *model_.weights) {
    if (model_.chat.find_template(false) == nullptr) return;
    chat_.emplace(*model_.tokenizer, model_.chat, name_);
    if (const auto end = chat_->end_of_turn()) stop_tokens_.push_back(*end);
  }

  std::string name() const override { return name_; }

  Json answer(Context& context, const StructuredQuestion& question) override {
    const std::lock_guard one_at_a_time(mutex_);
    GenerationRequest request;
    request.prompt = prompt(question);
    const size_t positions = decoder_.config().max_position_embeddings;
    request.sampling.temperature = 0;
    request.sampling.stop_tokens = stop_tokens_;
    request.sampling.max_new_tokens = question.max_new_tokens;
    if (request.prompt.size() < positions) {
      request.sampling.max_new_tokens =
          std::min(question.max_new_tokens, positions - request.prompt.size());
    }
    request.tokenizer = model_.tokenizer.get();
    request.adapter = model_.adapter;
    request.constraint = std::make_shared<Constraint>(grammar_of(question.schema));
    return parse_json(generate(context, decoder_, request).text, name_);
  }

 private:
  std::vector<TokenId> prompt(const StructuredQuestion& question) const {
    const std::string text = question.task + "\n\n" + question.text +
                             "\n\nAnswer with JSON of this schema alone: " + question.schema;
    if (!chat_) {
      EncodeOptions options;
      options.add_special_tokens = true;
      return model_.tokenizer->encode(text + "\n\n", options);
    }
    // One message of the user's: not every template takes a system message.
    const OrderedJson variables = {{"enable_thinking", false}};
    OrderedJson messages = OrderedJson::array();
    messages.push_back({{"role", "user"}, {"content", text}});
    return chat_->prompt({&messages, nullptr, &variables}, clock_.now()).ids;
  }

  // The last one is kept: whoever asks, asks again for the same.
  std::shared_ptr<TokenGrammar> grammar_of(const std::string& schema) {
    if (grammar_ == nullptr || schema != schema_) {
      grammar_ =
          std::make_shared<TokenGrammar>(json_schema_grammar(schema, name_), vocabulary_, name_);
      schema_ = schema;
    }
    return grammar_;
  }

  LanguageModel model_;
  std::string name_;
  const Clock& clock_;
  std::vector<TokenId> stop_tokens_;
  std::optional<ModelChat> chat_;  // null: it has no template, and goes on from plain text
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::mutex mutex_;
  std::string schema_;  // of grammar_
  std::shared_ptr<TokenGrammar> grammar_;
  Decoder decoder_;
};

}  // namespace

std::unique_ptr<StructuredModel> make_local_structured_model(Context& context,
                                                             const kernels::Kernels& kernels,
                                                             LanguageModel model,
                                                             std::string name) {
  constexpr size_t kPositions = 4096;  // a question and its answer take far less
  const size_t most = model.weights->config.max_position_embeddings;
  check_fits(memory_need(*model.weights, std::min(kPositions, most)), available_memory_bytes(),
             name);
  return std::make_unique<LocalStructuredModel>(context, kernels, std::move(model),
                                                std::move(name));
}

}  // namespace twin
