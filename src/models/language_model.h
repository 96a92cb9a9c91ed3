#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "domain/sample.h"
#include "engine/chat/chat_settings.h"
#include "engine/generate/generate.h"
#include "engine/kernels/kernels.h"
#include "engine/model/lora.h"
#include "engine/model/tensors.h"
#include "engine/tokenizer/tokenizer.h"
#include "models/prompt_template.h"

namespace twin {

// A loaded model: weights, tokenizer and, for a fine-tuned one, the adapter over its base.
// A folder is either a whole model (Hugging Face) or an adapter (PEFT) whose adapter_config.json
// names its base folder, relative to it. Loading verifies the parity record (parity.h) where there
// is one. Errors: kBadInput naming the file; kDoesNotFit, with the numbers, before it is
// run.
struct LanguageModel {
  std::shared_ptr<const DecoderTensors> weights;
  std::shared_ptr<const LoraAdapter> adapter;  // null: none
  std::shared_ptr<const Tokenizer> tokenizer;
  ChatSettings chat = {};  // its own, else the base's; no templates: none
  // What it was trained on by twin, as its parity record says; nothing for a model from elsewhere.
  std::optional<PromptTemplate> trained_with = {};
};

struct LoadOptions {
  // Where to take the tokenizer from, and the chat template if there is one there; empty: the
  // model's own (then the parity record is verified).
  std::filesystem::path tokenizer = {};
  bool unverified = false;  // a parity record that does not hold is no error
};
// A GGUF file or llama2.c's .bin is a whole model too.
LanguageModel load_language_model(Context& context, const kernels::Kernels& kernels,
                                  const std::filesystem::path& path,
                                  const LoadOptions& options = {});

// The same for weights and an adapter that are in memory, of the model at `path`: tokenizer and
// chat template as that has them; nothing is verified.
LanguageModel as_language_model(std::shared_ptr<const DecoderTensors> weights,
                                std::shared_ptr<const LoraAdapter> adapter,
                                const std::filesystem::path& path,
                                const std::filesystem::path& tokenizer = {});

// The adapter in `folder` over these weights, ready for use. Errors: as load_adapter().
std::shared_ptr<const LoraAdapter> load_ready_adapter(Context& context,
                                                      const std::filesystem::path& folder,
                                                      const DecoderTensors& weights);

// The base model that an adapter's folder names. Errors: kBadInput where it names none or one that
// is not there.
std::filesystem::path base_of_adapter(const std::filesystem::path& folder);

// A WritingPrompt as the token ids a model sees: the one place where training and writing agree on
// what a prompt looks like. Format (docs/formats/writing_prompt.md):
//   <|title|>T<|path|>A > B<|context|>preceding<|text|>      then the target, then <|end|>
// Empty fields are left out but for <|text|>. Text is encoded as text: strings that look like
// special tokens never become special.
inline constexpr std::string_view kTitleToken = "<|title|>";
inline constexpr std::string_view kPathToken = "<|path|>";
inline constexpr std::string_view kContextToken = "<|context|>";
inline constexpr std::string_view kTextToken = "<|text|>";
inline constexpr std::string_view kEndToken = "<|end|>";
std::vector<std::string> writing_special_tokens();  // in the order they take their ids

struct RenderedPrompt {
  std::vector<TokenId> ids;
  // From the front of `preceding`, to fit max_tokens: reported.
  size_t context_tokens_cut = 0, context_bytes_cut = 0;
};
// max_tokens 0: no limit. A model whose tokenizer lacks the special tokens gets the same fields as
// plain text under headings ("Title: ...").
RenderedPrompt render_prompt(const Tokenizer& tokenizer, const WritingPrompt& prompt,
                             size_t max_tokens = 0);
// What ends a text: <|end|> where the tokenizer has it, else its eos.
std::vector<TokenId> stop_tokens(const Tokenizer& tokenizer);
// The same and what the model's config adds (generation_config.json's list, GGUF's eot and eom).
std::vector<TokenId> stop_tokens(const LanguageModel& model);

// Asks a model for text. Implemented in-process; later by OpenAI-compatible servers.
class TextGenerator {
 public:
  virtual ~TextGenerator() = default;
  struct Result {
    std::string text;  // valid UTF-8: bytes that are not become U+FFFD
    size_t prompt_tokens = 0, completion_tokens = 0;
    size_t context_tokens_cut = 0, context_bytes_cut = 0;  // as in RenderedPrompt
    bool stopped = false;
  };
  // on_text, where set, sees the text as it comes in whole UTF-8 characters; returning false stops.
  // Any number of threads may write at a time: their texts are written together, each the same as
  // alone (engine/generate/batch_generator.h). on_text may be called on any of the threads.
  virtual Result write(const WritingPrompt& prompt, const SamplingOptions& options,
                       const std::function<bool(std::string_view)>& on_text = {}) = 0;
  virtual std::string name() const = 0;
};
std::unique_ptr<TextGenerator> make_local_generator(Context& context,
                                                    const kernels::Kernels& kernels,
                                                    LanguageModel model, std::string name);

}  // namespace twin
