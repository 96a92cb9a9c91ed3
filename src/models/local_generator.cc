#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/machine.h"
#include "engine/generate/batch_generator.h"
#include "models/language_model.h"
#include "models/model_chat.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Half of the memory there is for the texts being written, a little for prompts that come again.
BatchOptions batch_options() {
  BatchOptions options;
  options.max_cache_bytes = available_memory_bytes() / 2;
  options.max_prefix_bytes = std::min<size_t>(size_t{256} << 20, options.max_cache_bytes / 8);
  return options;
}

class LocalGenerator : public TextGenerator {
 public:
  LocalGenerator(Context& context, const kernels::Kernels& kernels, LanguageModel model,
                 std::string name)
      : model_(std::move(model)),
        name_(std::move(name)),
        clock_(context.clock),
        stop_tokens_(stop_tokens(model_)),
        decoder_(context, kernels, *model_.weights),
        batch_(context, decoder_, batch_options()) {
    if (!writes_in_chats(model_)) return;
    chat_.emplace(*model_.tokenizer, model_.chat, name_);
    if (const auto end = chat_->end_of_turn()) stop_tokens_.push_back(*end);
  }

  Result write(const WritingPrompt& prompt, const SamplingOptions& options,
               const std::function<bool(std::string_view)>& on_text) override {
    const size_t positions = decoder_.config().max_position_embeddings;
    const size_t room = positions > options.max_new_tokens ? positions - options.max_new_tokens : 1;
    const RenderedPrompt rendered =
        chat_ ? render_chat_prompt(*chat_, *model_.tokenizer, prompt, clock_.now(), room)
              : render_prompt(*model_.tokenizer, prompt, room);
    GenerationRequest request;
    request.prompt = rendered.ids;
    request.sampling = options;
    if (options.stop_tokens.empty()) request.sampling.stop_tokens = stop_tokens_;
    request.tokenizer = model_.tokenizer.get();
    request.adapter = model_.adapter;
    if (on_text) {
      request.on_text = [&](std::string_view piece) {
        return on_text(replace_invalid_utf8(piece));
      };
    }
    const Generation generation = batch_.wait(batch_.submit(std::move(request)));
    Result result;
    result.text = replace_invalid_utf8(generation.text);
    result.prompt_tokens = rendered.ids.size();
    result.completion_tokens = generation.ids.size();
    result.context_tokens_cut = rendered.context_tokens_cut;
    result.context_bytes_cut = rendered.context_bytes_cut;
    result.stopped = generation.stopped;
    return result;
  }

  std::string name() const override { return name_; }

 private:
  LanguageModel model_;
  std::string name_;
  const Clock& clock_;
  std::vector<TokenId> stop_tokens_;
  std::optional<ModelChat> chat_;  // where drafts go through the model's template
  Decoder decoder_;
  BatchGenerator batch_;
};

}  // namespace

std::unique_ptr<TextGenerator> make_local_generator(Context& context,
                                                    const kernels::Kernels& kernels,
                                                    LanguageModel model, std::string name) {
  return std::make_unique<LocalGenerator>(context, kernels, std::move(model), std::move(name));
}

}  // namespace twin
