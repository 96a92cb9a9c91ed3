#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "models/language_model.h"
#include "text/unicode.h"

namespace twin {
namespace {

// How many bytes of `text` are whole UTF-8 characters; a torn one at the end waits for the rest.
size_t whole_characters(std::string_view text) {
  size_t begin = text.size();
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (length > back) begin = text.size() - back;
    break;
  }
  return begin;
}

class LocalGenerator : public TextGenerator {
 public:
  LocalGenerator(Context& context, const kernels::Kernels& kernels, LanguageModel model,
                 std::string name)
      : context_(context),
        model_(std::move(model)),
        name_(std::move(name)),
        decoder_(context, kernels, *model_.weights, model_.adapter.get()) {}

  Result write(const WritingPrompt& prompt, const SamplingOptions& options,
               const std::function<bool(std::string_view)>& on_text) override {
    const std::lock_guard lock(mutex_);
    const size_t positions = decoder_.config().max_position_embeddings;
    const size_t room = positions > options.max_new_tokens ? positions - options.max_new_tokens : 1;
    const RenderedPrompt rendered = render_prompt(*model_.tokenizer, prompt, room);
    SamplingOptions sampling = options;
    if (sampling.stop_tokens.empty()) sampling.stop_tokens = stop_tokens(*model_.tokenizer);
    std::vector<TokenId> ids;
    size_t told = 0;
    const auto on_token = [&](TokenId id) {
      if (!on_text) return true;
      ids.push_back(id);
      const std::string bytes = model_.tokenizer->decode(ids);
      const std::string text =
          replace_invalid_utf8(std::string_view(bytes).substr(0, whole_characters(bytes)));
      if (text.size() <= told) return true;
      const bool go_on = on_text(std::string_view(text).substr(told));
      told = text.size();
      return go_on;
    };
    const Generation generation = generate(context_, decoder_, rendered.ids, sampling, on_token);
    Result result;
    result.text = replace_invalid_utf8(model_.tokenizer->decode(generation.ids));
    result.prompt_tokens = rendered.ids.size();
    result.completion_tokens = generation.ids.size();
    result.context_tokens_cut = rendered.context_tokens_cut;
    result.context_bytes_cut = rendered.context_bytes_cut;
    result.stopped = generation.stopped;
    if (on_text && told < result.text.size()) on_text(std::string_view(result.text).substr(told));
    return result;
  }

  std::string name() const override { return name_; }

 private:
  Context& context_;
  LanguageModel model_;
  std::string name_;
  Decoder decoder_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<TextGenerator> make_local_generator(Context& context,
                                                    const kernels::Kernels& kernels,
                                                    LanguageModel model, std::string name) {
  return std::make_unique<LocalGenerator>(context, kernels, std::move(model), std::move(name));
}

}  // namespace twin
