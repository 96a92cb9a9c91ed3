#include "models/parity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace twin {
namespace {

// Changes whenever render_prompt gives other ids for the same prompt.
constexpr std::string_view kTemplate = "writing-prompt/1";
constexpr size_t kLogits = 16;  // kept per probe, spread over the vocabulary
// Of a logit's size where that is over 1: the instruction sets' orders of summation stay far below.
constexpr double kTolerance = 1e-2;

// One with every field, one with none, one that no ASCII tokenizer gets right by chance.
std::vector<WritingPrompt> probes() {
  return {{"On Keeping a Notebook", {"Why", "First reasons"}, "It began with a train."},
          {},
          {"Été — “naïve” 東京 🍞", {"1. §"}, "<|text|> is text here."}};
}

std::vector<float> probe_logits(Decoder& decoder, const LoraAdapter* adapter,
                                const std::vector<TokenId>& ids) {
  const DecoderConfig& config = decoder.config();
  const Segment segment{ids.size(), nullptr, adapter};
  std::vector<float> hidden(ids.size() * config.hidden_size), logits(config.vocab_size);
  decoder.forward({ids, {&segment, 1}}, hidden);
  decoder.logits(std::span(hidden).last(config.hidden_size), logits);
  std::vector<float> kept;
  for (size_t i = 0; i < kLogits; ++i) kept.push_back(logits[i * config.vocab_size / kLogits]);
  return kept;
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: {}; the folder's files do not belong together, or were made by "
                          "another version: train the model again",
                          file.string(), what));
}

}  // namespace

void write_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                  const std::filesystem::path& folder) {
  Decoder decoder(context, kernels, *model.weights);
  OrderedJson list = OrderedJson::array();
  for (const WritingPrompt& probe : probes()) {
    const std::vector<TokenId> ids = render_prompt(*model.tokenizer, probe).ids;
    list.push_back({{"ids", ids}, {"logits", probe_logits(decoder, model.adapter.get(), ids)}});
  }
  const OrderedJson json = {{"template", kTemplate},
                            {"tokenizer_sha256", model.tokenizer->fingerprint()},
                            {"probes", list}};
  write_file_atomic(folder / "parity.json", dump_json(json, 1) + '\n');
}

void verify_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                   const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "parity.json";
  const Json json = parse_json(read_file(file, 1 << 20), file.string());
  Decoder decoder(context, kernels, *model.weights);
  try {
    if (const std::string name = json.at("template"); name != kTemplate) {
      refuse(file, fmt::format("the prompt template is {}, this program's is {}", name, kTemplate));
    }
    if (json.at("tokenizer_sha256") != model.tokenizer->fingerprint()) {
      refuse(file, "the tokenizer is not the one the model was trained with");
    }
    const std::vector<WritingPrompt> all = probes();
    if (json.at("probes").size() != all.size()) refuse(file, "the number of probes differs");
    for (size_t i = 0; i < all.size(); ++i) {
      const Json& probe = json["probes"][i];
      const std::vector<TokenId> ids = render_prompt(*model.tokenizer, all[i]).ids;
      if (probe.at("ids").get<std::vector<TokenId>>() != ids) {
        refuse(file, fmt::format("the token ids of probe {} differ", i));
      }
      const auto wanted = probe.at("logits").get<std::vector<float>>();
      const std::vector<float> found = probe_logits(decoder, model.adapter.get(), ids);
      if (wanted.size() != found.size()) refuse(file, "the number of logits differs");
      for (size_t k = 0; k < found.size(); ++k) {
        const double scale = std::max(1.0, std::abs(static_cast<double>(wanted[k])));
        // Not a number is a difference as well.
        if (!(std::abs(static_cast<double>(wanted[k]) - found[k]) <= kTolerance * scale)) {
          refuse(file, fmt::format("logit {} of probe {} is {}, recorded was {}", k, i, found[k],
                                   wanted[k]));
        }
      }
    }
  } catch (const Json::exception& error) {
    refuse(file, error.what());
  }
}

}  // namespace twin
