#include "training/datasets/draw_pairs.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/machine.h"
#include "engine/generate/batch_generator.h"
#include "text/unicode.h"
#include "training/datasets/cut_to_length.h"

namespace twin {
namespace {

constexpr size_t kDraws = 3;
constexpr size_t kTogether = 32;  // what the batch generator writes at a time

BatchOptions batch_options() {
  BatchOptions options;
  options.max_requests = kTogether;
  options.max_cache_bytes = available_memory_bytes() / 2;
  options.max_prefix_bytes = 0;  // no prompt comes again
  return options;
}

// Why an answer cannot stand beside the passage; empty: it can.
std::string problem(std::string_view answer, const Sample& sample) {
  if (answer.empty()) return "empty";
  if (answer == sample.target) return "the passage itself";
  CopyMeter meter;
  meter.add(sample.document_id, sample.target);
  return meter.measure(answer).eight_gram_share > 0 ? "copies the passage" : "";
}

class PairDrawer {
 public:
  PairDrawer(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
             const CopyMeter& sources, const PairDrawing& drawing)
      : model_(model),
        sources_(sources),
        drawing_(drawing),
        decoder_(context, kernels, *model.weights),
        batch_(context, decoder_, batch_options()) {
    // It goes on until it is long enough, and its prompt's marks are no text.
    never_ = stop_tokens(model);
    for (const std::string& name : writing_special_tokens()) {
      if (const auto id = model.tokenizer->special_token(name)) never_.push_back(*id);
    }
  }

  OwnPair draw(const Sample& sample, size_t number) {
    OwnPair pair;
    pair.sample = sample;
    const Tokenizer& tokenizer = *model_.tokenizer;
    pair.chosen_tokens = tokenizer.encode(sample.target).size();
    GenerationRequest request = request_for(sample, pair.chosen_tokens);
    for (size_t draw = 0; draw < kDraws; ++draw) {
      request.sampling.seed = (drawing_.sampling.seed * 1'000'003 + number) * kDraws + draw;
      const Generation written = batch_.wait(batch_.submit(request));
      const std::string text = replace_invalid_utf8(written.text);
      const std::string answer(cut_to_length(tokenizer, text, pair.chosen_tokens));
      pair.reason = problem(answer, sample);
      if (!pair.reason.empty()) {
        pair.redrawn += draw + 1 < kDraws ? 1 : 0;
        continue;
      }
      pair.rejected = answer;
      pair.rejected_tokens = tokenizer.encode(answer).size();
      const CopyMeter::Result copied = sources_.measure(answer);
      pair.eight_grams = copied.eight_grams;
      pair.copied_eight_grams = static_cast<size_t>(
          std::llround(copied.eight_gram_share * static_cast<double>(copied.eight_grams)));
      break;
    }
    return pair;
  }

  // What drawing for all of them takes: time of prompts and of tokens behind them.
  double seconds(const std::vector<Sample>& samples) {
    const size_t count = std::min(kTogether, samples.size());
    double prompts = 0, answers = 0;  // tokens, of all
    for (const Sample& sample : samples) {
      const GenerationRequest request =
          request_for(sample, model_.tokenizer->encode(sample.target).size());
      prompts += static_cast<double>(request.prompt.size());
      answers += static_cast<double>(request.sampling.max_new_tokens);
    }
    constexpr size_t kNew = 16;
    const auto time = [&](size_t tokens, double& prompt_tokens) {
      const auto start = std::chrono::steady_clock::now();
      std::vector<BatchGenerator::Ticket> tickets;
      prompt_tokens = 0;
      for (size_t i = 0; i < count; ++i) {
        GenerationRequest request = request_for(samples[i * samples.size() / count], kNew);
        request.sampling.max_new_tokens = std::min(tokens, request.sampling.max_new_tokens);
        prompt_tokens += static_cast<double>(request.prompt.size());
        tickets.push_back(batch_.submit(std::move(request)));
      }
      for (const BatchGenerator::Ticket& ticket : tickets) batch_.wait(ticket);
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    double read = 0;
    const double first = time(1, read), more = time(1 + kNew, read);
    const double per_token = std::max(0.0, more - first) / static_cast<double>(kNew * count);
    return prompts * first / read + answers * per_token;
  }

 private:
  GenerationRequest request_for(const Sample& sample, size_t wanted) const {
    GenerationRequest request;
    request.prompt = prompt_of(*model_.tokenizer, sample, drawing_.context);
    request.tokenizer = model_.tokenizer.get();
    request.adapter = model_.adapter;
    request.sampling = drawing_.sampling;
    request.sampling.stop_tokens.clear();
    request.sampling.stop_strings.clear();
    for (const TokenId id : never_) {
      request.sampling.logit_bias.emplace_back(id, -std::numeric_limits<float>::infinity());
    }
    // So far beyond that a sentence's end may lie on either side.
    const size_t room = drawing_.context - std::min(drawing_.context, request.prompt.size());
    request.sampling.max_new_tokens = std::max<size_t>(1, std::min(room, wanted + wanted / 4 + 24));
    return request;
  }

  const LanguageModel& model_;
  const CopyMeter& sources_;
  PairDrawing drawing_;
  std::vector<TokenId> never_;
  Decoder decoder_;
  BatchGenerator batch_;
};

}  // namespace

std::vector<OwnPair> draw_pairs(Context& context, const kernels::Kernels& kernels,
                                const LanguageModel& model, const std::vector<Sample>& samples,
                                const CopyMeter& sources, const PairDrawing& drawing,
                                const KeptItems& kept) {
  PairDrawer drawer(context, kernels, model, sources, drawing);
  std::vector<OwnPair> pairs;
  for (const OrderedJson& line : make_kept_items(
           context, kept, samples.size(),
           [&](size_t i) { return to_json(drawer.draw(samples[i], i)); },
           [](const OrderedJson& item) { own_pair_from_json(item); })) {
    pairs.push_back(own_pair_from_json(line));
  }
  return pairs;
}

KeptItems pairs_file(std::filesystem::path file, std::string key) {
  return {std::move(file), std::move(key), "passage", "the model's own answers", kTogether};
}

double drawing_seconds(Context& context, const kernels::Kernels& kernels,
                       const LanguageModel& model, const std::vector<Sample>& samples,
                       const PairDrawing& drawing) {
  if (samples.empty()) return 0;
  const CopyMeter none;
  PairDrawer drawer(context, kernels, model, none, drawing);
  return drawer.seconds(samples);
}

}  // namespace twin
