#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/drift.h"
#include "models/language_model.h"

namespace twin {

// What a model computed when it was trained or exported: how it is asked, the token ids of probe
// prompts and logits behind them. parity.json in a folder, the key twin.parity in a GGUF file
// (docs/formats/parity.md). Loading computes it again and refuses on a difference, so that another
// template, tokenizer, base, adapter or weight does not pass unnoticed.
struct ParityRecord {
  struct Probe {
    std::vector<TokenId> ids;     // of the prompt; none where the template refuses it
    std::vector<TokenId> tokens;  // a spread of the vocabulary, then the likeliest
    std::vector<float> logits;    // theirs, behind the prompt
    std::vector<TokenId> greedy;  // what the model goes on with
  };
  PromptTemplate style = PromptTemplate::kPlain;
  std::string template_sha256, tokenizer_sha256;
  std::string adapter_sha256;  // empty: a whole model
  std::vector<Probe> probes;
  std::optional<Drift> drift;  // of an exported model, from the one it was made of

  std::vector<std::vector<TokenId>> prompts() const;
  std::vector<std::vector<TokenId>> continuations() const;
};

// `folder`: where an adapter's files lie; empty: it is not told from other adapters.
ParityRecord make_parity(Context& context, const kernels::Kernels& kernels,
                         const LanguageModel& model, PromptTemplate style,
                         const std::filesystem::path& folder);

std::string parity_json(const ParityRecord& record);
// Hostile input. Errors: kBadInput naming `where`; for records of an earlier version too.
ParityRecord parse_parity(std::string_view text, const std::string& where);

// The record of a folder or GGUF file; none for a model from elsewhere.
inline constexpr const char* kParityKey = "twin.parity";
std::optional<ParityRecord> read_parity(const std::filesystem::path& path);
// make_parity() as parity.json into the model's folder.
void write_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                  PromptTemplate style, const std::filesystem::path& folder);

// Errors: kBadInput saying which of template, tokenizer, base, adapter or weights is another, and
// what to do. Logits may differ by 1e-3 of their standard deviation where weights are F32, 1e-2
// where they are halves, 0.1 where they are quantised: other instruction sets stay within it.
void verify_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                   const ParityRecord& record, const std::filesystem::path& path);

}  // namespace twin
