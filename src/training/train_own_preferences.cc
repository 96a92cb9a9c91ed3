#include "training/train_own_preferences.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "models/language_model.h"
#include "models/parity.h"
#include "training/datasets/corpus.h"
#include "training/datasets/dataset.h"
#include "training/datasets/draw_pairs.h"
#include "training/datasets/fit.h"
#include "training/datasets/own_pairs.h"
#include "training/datasets/show_tokens.h"
#include "training/datasets/training_prose.h"
#include "training/run_record.h"
#include "training/tuning_run.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Part of every key: a new number where the same inputs would give another result.
constexpr long long kVersion = 2;

// The SFT model as DPO takes it: what stays frozen and the adapter to go on from.
struct Start {
  fs::path frozen, adapter;  // adapter empty: SFT trained all weights
};

Start start_of(const TrainingFolders& folders, const OwnPreferenceTraining& options) {
  if (!fs::exists(folders.sft)) {
    throw Error(ErrorCode::kUsage, "no SFT model yet; run `twin train sft` first");
  }
  if (!fs::exists(folders.sft / "adapter_config.json")) return {folders.sft, {}};
  if (!options.lora) {
    throw Error(ErrorCode::kUsage,
                "train.dpo.method is full, but SFT left an adapter; train it with "
                "train.sft.method full as well, or DPO with lora");
  }
  return {base_of_adapter(folders.sft), folders.sft};
}

// The passages to draw for.
struct Passages {
  Dataset dataset;
  FittedSamples fitted;
  std::vector<Sample> samples;  // the wanted number of the fitted
  size_t context = 0;
};

Passages passages_of(const DocumentStore& store, const Corpus& corpus, const LanguageModel& sft,
                     const OwnPreferenceTraining& options) {
  Passages passages;
  passages.dataset = build_dataset(store, corpus.of_author(options.author_id), corpus.split,
                                   Split::kTrain, SampleOptions{});
  if (passages.dataset.samples.empty()) {
    throw Error(ErrorCode::kUsage,
                "the author's documents hold no passage to learn from; `twin status` shows what "
                "was kept of them");
  }
  // A micro-batch holds both answers with their prompts.
  passages.context =
      std::min(context_of(sft.weights->config, options.context), options.batch_tokens / 2 + 1);
  passages.fitted = fit_samples(*sft.tokenizer, passages.dataset.samples,
                                {.context = passages.context, .loss_on_prompt = false});
  const size_t count = passages.fitted.samples.size();
  const size_t wanted = options.passages == 0 ? count : std::min(options.passages, count);
  for (size_t i = 0; i < wanted; ++i) {
    passages.samples.push_back(passages.fitted.samples[i * count / wanted]);
  }
  return passages;
}

// What the pairs depend on.
std::string pairs_key(const Corpus& corpus, const OwnPreferenceTraining& options,
                      const std::string& model) {
  KeyHasher key;
  key.add("own pairs").add(kVersion).add(corpus.key).add(model).add(options.author_id);
  for (const size_t value : {options.passages, options.context, options.batch_tokens,
                             options.sampling.top_k, static_cast<size_t>(options.sampling.seed)}) {
    key.add(static_cast<long long>(value));
  }
  key.add(static_cast<double>(options.sampling.temperature));
  key.add(static_cast<double>(options.sampling.top_p));
  return key.finish();
}

// The pairs as they are learnt, some of them kept for validation: all of a document or none.
struct Learnt {
  std::vector<PreferencePair> training, validation;
  std::vector<std::string> names;  // of the training pairs

  PreferenceData data() const {
    return {training, validation, [this](size_t index) { return names[index]; }};
  }
};

Learnt learnt_of(const std::vector<OwnPair>& pairs, const Tokenizer& tokenizer, size_t context,
                 const OwnPreferenceTraining& options) {
  std::map<std::string, size_t> documents;
  for (const OwnPair& pair : pairs) documents.emplace(pair.sample.document_id, documents.size());
  const std::vector<bool> drawn =
      draw_share(documents.size(), options.validation_share, options.seed);
  Learnt learnt;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const OwnPair& pair = pairs[i];
    if (pair.rejected.empty()) continue;
    PreferencePair tokens = tokens_of(tokenizer, pair, context);
    if (tokens.chosen.tokens == tokens.rejected.tokens) continue;  // told apart by no token
    if (drawn[documents.at(pair.sample.document_id)]) {
      learnt.validation.push_back(std::move(tokens));
    } else {
      learnt.training.push_back(std::move(tokens));
      learnt.names.push_back(fmt::format("line {} of pairs.jsonl", i + 1));
    }
  }
  return learnt;
}

// Pairs of the shape that the drawn ones will have: for a forecast before they are.
Learnt expected(const Passages& passages, const Tokenizer& tokenizer) {
  Learnt learnt;
  for (const Sample& sample : passages.samples) {
    OwnPair pair;
    pair.sample = sample;
    pair.rejected = sample.target;
    PreferencePair tokens = tokens_of(tokenizer, pair, passages.context);
    tokens.rejected.tokens.back() = tokens.rejected.tokens.back() == 0 ? 1 : 0;
    learnt.training.push_back(std::move(tokens));
    learnt.names.emplace_back("a passage");
  }
  return learnt;
}

double forecast_drawing(Context& context, const kernels::Kernels& kernels, const LanguageModel& sft,
                        const Passages& passages, const OwnPreferenceTraining& options) {
  return drawing_seconds(context, kernels, sft, passages.samples,
                         {options.sampling, passages.context});
}

// The pairs, made or found in the run's folder, as they stand there and are right.
std::vector<OwnPair> own_pairs(Context& context, const kernels::Kernels& kernels,
                               const DocumentStore& store, const Corpus& corpus,
                               const LanguageModel& sft, const Passages& passages,
                               const OwnPreferenceTraining& options, const KeptItems& kept) {
  const auto check = [](const OrderedJson& item) { own_pair_from_json(item); };
  by_the_first(context.processes, [&] {
    if (is_kept_whole(kept, passages.samples.size(), check)) return;
    context.log.info(
        fmt::format("the model writes {} passages, each as long as the author's: about {}",
                    passages.samples.size(),
                    format_duration(forecast_drawing(context, kernels, sft, passages, options))));
    draw_pairs(context, kernels, sft, passages.samples, training_copy_meter(store, corpus),
               {options.sampling, passages.context}, kept);
  });
  return load_own_pairs(kept.file, store);
}

Json describe(const Passages& passages, const std::vector<OwnPair>& pairs, const Learnt& learnt) {
  Json json = to_json(passages.dataset.statistics);
  json.update(to_json(statistics_of(pairs)));
  json["passages"] = passages.samples.size();
  json["pairs"] = learnt.training.size();
  json["validation_pairs"] = learnt.validation.size();
  json["targets_split"] = passages.fitted.targets_split;
  json["prompts_too_long"] = passages.fitted.prompts_too_long;
  return json;
}

OwnPreferenceTraining with_start(OwnPreferenceTraining options, const Start& start) {
  options.adapter = start.adapter;
  return options;
}

}  // namespace

bool train_dpo(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
               double test_share, const OwnPreferenceTraining& wanted,
               const TrainingFolders& folders) {
  const Start start = start_of(folders, wanted);
  const OwnPreferenceTraining options = with_start(wanted, start);
  const Corpus corpus = load_corpus(store, test_share);
  const std::string model = model_fingerprint(start.frozen) + model_fingerprint(folders.sft);
  const KeptItems kept =
      pairs_file(folders.runs / "dpo" / "pairs.jsonl", pairs_key(corpus, options, model));
  KeyHasher key;
  add_to_key(key.add("dpo").add(kVersion).add(kept.key), options);
  const LearningRun run = preference_run(options, folders.runs / "dpo", key.finish());
  if (is_made_from(folders.dpo, run.key)) return false;

  LanguageModel sft = load_language_model(context, kernels, folders.sft);
  const Passages passages = passages_of(store, corpus, sft, options);
  const std::vector<OwnPair> pairs =
      own_pairs(context, kernels, store, corpus, sft, passages, options, kept);
  const Learnt learnt = learnt_of(pairs, *sft.tokenizer, passages.context, options);

  const LanguageModel frozen{sft.weights, nullptr, sft.tokenizer};
  TunedModel tuned(context, frozen, start.frozen, options, run);
  const Trainee trainee = tuned.trainee();
  const PreferenceReference reference{model + (options.lora ? "" : " as f32"),
                                      start.adapter.empty() ? nullptr : trainee.adapter()};
  const Json figures =
      learn_preferences(context, kernels, trainee, learnt.data(), options, reference, run);
  if (!context.processes.is_first()) return true;  // which writes the result

  AtomicFolder folder(folders.dpo);
  // Relative, so that the workspace can be moved.
  tuned.save(folder.building(),
             start.frozen.lexically_normal().lexically_relative(folders.dpo).string());
  copy_tokenizer(folders.sft, folder.building());
  write_parity(
      context, kernels,
      {std::make_shared<const DecoderTensors>(trainee.tensors()), tuned.adapter(), sft.tokenizer},
      PromptTemplate::kWriting, folder.building());
  Json record = {{"key", run.key},
                 {"kind", "dpo"},
                 {"method", options.lora ? "lora" : "full"},
                 {"author_id", options.author_id},
                 {"sft", model_fingerprint(folders.sft)},
                 {"dataset", describe(passages, pairs, learnt)}};
  record.update(figures);
  write_run_record(folder.building(), record);
  folder.commit();
  finish_run(run);
  return true;
}

Json preview_dpo(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
                 double test_share, const OwnPreferenceTraining& wanted,
                 const TrainingFolders& folders, const PreviewOptions& preview, std::string& text) {
  const Start start = start_of(folders, wanted);
  const OwnPreferenceTraining options = with_start(wanted, start);
  const Corpus corpus = load_corpus(store, test_share);
  const LanguageModel sft = load_language_model(context, kernels, folders.sft);
  const Passages passages = passages_of(store, corpus, sft, options);
  const std::vector<Sample> shown(
      passages.samples.begin(),
      passages.samples.begin() +
          static_cast<std::ptrdiff_t>(std::min(preview.shown, passages.samples.size())));
  const std::vector<OwnPair> pairs =
      draw_pairs(context, kernels, sft, shown, training_copy_meter(store, corpus),
                 {options.sampling, passages.context}, pairs_file({}, {}));

  text = preview_legend(preview.color);
  for (const OwnPair& pair : pairs) {
    text += fmt::format("\n{}, bytes {} to {}: ", pair.sample.prompt.title, pair.sample.range.begin,
                        pair.sample.range.end);
    if (pair.rejected.empty()) {
      text += "no pair: " + pair.reason + '\n';
      continue;
    }
    const PreferencePair tokens = tokens_of(*sft.tokenizer, pair, passages.context);
    text += fmt::format("{} tokens of the author, {} of the model\nchosen: {}\nrejected: {}\n",
                        pair.chosen_tokens, pair.rejected_tokens,
                        show_tokens(*sft.tokenizer, tokens.chosen, preview.color),
                        show_tokens(*sft.tokenizer, tokens.rejected, preview.color));
  }
  const Learnt shape = expected(passages, *sft.tokenizer);
  std::vector<size_t> lengths;
  for (const PreferencePair& pair : shape.training) lengths.push_back(pair.chosen.tokens.size());
  Json json = {{"passages", passages.samples.size()}};
  text += fmt::format("\n{} passages; length in tokens, with their prompts:\n",
                      passages.samples.size());
  text += length_bars(lengths, json["lengths"]);
  const double seconds = forecast_drawing(context, kernels, sft, passages, options);
  text += fmt::format("Drawing the model's answers takes about {}\n", format_duration(seconds));
  json["drawing_seconds"] = seconds;

  PreferenceObjective objective = objective_to_forecast(shape.data(), options);
  const TrainerOptions trainer = preference_trainer(objective, sft.weights->config, options);
  TunedModel tuned(context, {sft.weights, nullptr, sft.tokenizer}, start.frozen, options,
                   preference_run(options, folders.runs / "dpo", ""));
  json.update(preview_forecast(context, kernels, tuned.trainee(), objective, trainer, text));
  return json;
}

DpoState dpo_state(const fs::path& sft, const fs::path& dpo) {
  const Json record = read_run_record(dpo);
  if (!record.is_object()) return DpoState::kNone;
  return fs::exists(sft) && record.value("sft", std::string()) == model_fingerprint(sft)
             ? DpoState::kCurrent
             : DpoState::kStale;
}

}  // namespace twin
