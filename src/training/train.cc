#include "training/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "engine/formats/model_folder.h"
#include "engine/learn/next_token.h"
#include "engine/learn/sequence_loss.h"
#include "engine/tokenizer/bpe_trainer.h"
#include "models/language_model.h"
#include "models/parity.h"
#include "training/datasets/corpus.h"
#include "training/datasets/dataset.h"
#include "training/datasets/fit.h"
#include "training/learning_run.h"
#include "training/run_record.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Part of every key: a new number where the same inputs would give another result.
constexpr long long kTrainingVersion = 2;

// Of a base model whose steps nobody said (BaseTraining::steps).
constexpr size_t kMostSteps = 500;
constexpr double kPasses = 5;

// A tenth of the steps, at most a hundred: enough for AdamW's moments to settle.
size_t warmup_steps(size_t steps) { return std::min<size_t>(100, steps / 10); }

void check_batch(size_t batch_tokens, size_t context) {
  if (batch_tokens < context) {
    throw Error(ErrorCode::kUsage,
                fmt::format("batch_tokens is {}, less than one sequence of {} tokens; raise it or "
                            "lower train.base.context",
                            batch_tokens, context));
  }
}

// The training side of every author's documents, title by title, as texts to learn spelling from.
std::vector<std::string> training_texts(const DocumentStore& store, const Corpus& corpus) {
  std::vector<std::string> texts;
  for (const DocumentSummary& summary : corpus.documents) {
    if (corpus.split.at(summary.id) != Split::kTrain) continue;
    const Features features = *store.features(summary.id);
    if (!features.chunks.empty()) texts.push_back(features.chunks[0].title);
    for (const Chunk& chunk : features.chunks) texts.push_back(chunk.text);
  }
  return texts;
}

// What makes a folder one that Hugging Face's AutoTokenizer opens.
void write_tokenizer(const fs::path& folder, const std::string& tokenizer_json) {
  const OrderedJson config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                              {"eos_token", kEndToken},
                              {"pad_token", kEndToken},
                              {"clean_up_tokenization_spaces", false}};
  write_file_atomic(folder / "tokenizer.json", tokenizer_json);
  write_file_atomic(folder / "tokenizer_config.json", dump_json(config, 2) + '\n');
}

Json describe(const DecoderConfig& config) {
  return {{"parameters", parameter_count(config)},
          {"vocab_size", config.vocab_size},
          {"hidden_size", config.hidden_size},
          {"num_hidden_layers", config.num_hidden_layers},
          {"max_position_embeddings", config.max_position_embeddings}};
}

Json describe(const FittedSamples& fitted) {
  return {{"sequences", fitted.sequences.size()},
          {"tokens", fitted.tokens},
          {"targets_split", fitted.targets_split},
          {"prompts_cut", fitted.prompts_cut},
          {"prompts_too_long", fitted.prompts_too_long}};
}

// Every n-th sequence, about kLossTokens in all: enough for a loss to two digits, in seconds.
std::vector<TrainingSequence> loss_sample(const FittedSamples& fitted) {
  constexpr size_t kLossTokens = 20000;
  const size_t stride = fitted.tokens / kLossTokens + 1;
  std::vector<TrainingSequence> sample;
  for (size_t i = 0; i < fitted.sequences.size(); i += stride)
    sample.push_back(fitted.sequences[i]);
  return sample;
}

}  // namespace

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    if (fs::exists(from / name)) write_file_atomic(to / name, read_file(from / name));
  }
}

std::string model_fingerprint(const fs::path& folder) {
  KeyHasher key;
  std::vector<fs::path> files;
  if (fs::is_regular_file(folder)) files.push_back(folder);
  std::error_code not_a_folder;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, not_a_folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".safetensors" || name == "config.json" ||
        name == "adapter_config.json" || name == "tokenizer.json") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const MappedFile mapped(file);
    key.add(file.filename().string()).add(mapped.bytes());
  }
  return key.finish();
}

bool train_tokenizer(Context& context, const DocumentStore& store, double test_share,
                     const TokenizerTraining& options, const TrainingFolders& folders) {
  const Corpus corpus = load_corpus(store, test_share);
  const std::string key = KeyHasher()
                              .add("tokenizer")
                              .add(kTrainingVersion)
                              .add(corpus.key)
                              .add(static_cast<long long>(options.vocab_size))
                              .finish();
  if (is_made_from(folders.tokenizer, key)) return false;

  const std::vector<std::string> texts = training_texts(store, corpus);
  BpeTrainerOptions trainer;
  trainer.vocab_size = options.vocab_size;
  trainer.special_tokens = writing_special_tokens();
  const std::string json = train_byte_level_bpe(context, {texts.begin(), texts.end()}, trainer);
  AtomicFolder folder(folders.tokenizer);
  write_tokenizer(folder.building(), json);
  const auto tokenizer = load_tokenizer(folder.building());
  size_t bytes = 0, tokens = 0;
  for (const std::string& text : texts) {
    bytes += text.size();
    tokens += tokenizer->encode(text).size();
  }
  const Json record = {
      {"key", key},
      {"kind", "tokenizer"},
      {"vocab_size", tokenizer->vocab_size()},
      {"bytes", bytes},
      {"tokens", tokens},
      {"bytes_per_token",
       tokens == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(tokens)}};
  write_run_record(folder.building(), record);
  folder.commit();
  return true;
}

bool train_base(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
                double test_share, const BaseTraining& options, const TrainingFolders& folders) {
  if (!fs::exists(folders.tokenizer / "tokenizer.json")) {
    throw Error(ErrorCode::kUsage, "no tokenizer yet; run `twin train tokenizer` first");
  }
  const Corpus corpus = load_corpus(store, test_share);
  const auto tokenizer = load_tokenizer(folders.tokenizer);
  DecoderConfig shape = options.shape;
  shape.vocab_size = tokenizer->vocab_size();
  const std::vector<TokenId> stops = stop_tokens(*tokenizer);
  shape.eos_token_id.assign(stops.begin(), stops.end());
  check_config(shape);
  check_batch(options.batch_tokens, shape.max_position_embeddings);
  const LearningRun run{"base model", folders.runs / "base",
                        KeyHasher()
                            .add("base")
                            .add(kTrainingVersion)
                            .add(corpus.key)
                            .add(tokenizer->fingerprint())
                            .add(config_json(shape))
                            .add(static_cast<long long>(options.steps))
                            .add(static_cast<long long>(options.batch_tokens))
                            .add(options.learning_rate)
                            .add(static_cast<long long>(options.seed))
                            .finish()};
  if (is_made_from(folders.base, run.key)) return false;

  SampleOptions sample_options;
  sample_options.own_prose_only = false;
  sample_options.min_words = 1;
  const Dataset dataset =
      build_dataset(store, corpus.documents, corpus.split, Split::kTrain, sample_options);
  const FittedSamples fitted =
      fit_samples(*tokenizer, dataset.samples,
                  {.context = shape.max_position_embeddings, .loss_on_prompt = true});
  NextTokenObjective objective(fitted.sequences);
  TrainerOptions trainer;
  trainer.steps =
      options.steps > 0
          ? options.steps
          : std::min(kMostSteps, steps_for_epochs(objective, options.batch_tokens, kPasses));
  trainer.batch_tokens = options.batch_tokens;
  trainer.adamw.learning_rate = static_cast<float>(options.learning_rate);
  trainer.adamw.weight_decay = 0.1f;
  trainer.warmup_steps = warmup_steps(trainer.steps);
  trainer.checkpoint_every = options.checkpoint_every;
  trainer.seed = options.seed;

  refuse_what_cannot_fit(shape, false, 0, run);
  DecoderWeights weights(shape);
  initialize(weights, options.seed);
  const Trainee trainee(weights);
  forecast_run(context, kernels, trainee, objective, trainer, run);
  learn(context, kernels, trainee, objective, trainer, run);
  if (!context.processes.is_first()) return true;  // which writes the result
  const double loss = evaluate_loss(context, kernels, weights.tensors(), nullptr,
                                    loss_sample(fitted), options.batch_tokens);

  AtomicFolder folder(folders.base);
  save_weights(folder.building(), weights);
  copy_tokenizer(folders.tokenizer, folder.building());
  const LanguageModel model{std::make_shared<const DecoderTensors>(weights.tensors()), nullptr,
                            tokenizer};
  write_parity(context, kernels, model, PromptTemplate::kWriting, folder.building());
  const Json record = {{"key", run.key},
                       {"kind", "base"},
                       {"model", describe(shape)},
                       {"dataset", to_json(dataset.statistics)},
                       {"fitted", describe(fitted)},
                       {"steps", trainer.steps},
                       {"training_loss", loss}};
  write_run_record(folder.building(), record);
  folder.commit();
  finish_run(run);
  return true;
}

bool train_sft(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
               double test_share, const SftTraining& options, const TrainingFolders& folders) {
  if (!fs::exists(folders.base)) {
    throw Error(ErrorCode::kUsage, "no base model yet; run `twin train base` first");
  }
  const Corpus corpus = load_corpus(store, test_share);
  KeyHasher key;
  key.add("sft").add(kTrainingVersion).add(corpus.key).add(model_fingerprint(folders.base));
  key.add(options.author_id);
  add_to_key(key, options);
  const LearningRun run{options.lora ? "SFT (LoRA)" : "SFT (all weights)", folders.runs / "sft",
                        key.finish()};
  if (is_made_from(folders.sft, run.key)) return false;

  const Dataset dataset = build_dataset(store, corpus.of_author(options.author_id), corpus.split,
                                        Split::kTrain, SampleOptions{});
  if (dataset.samples.empty()) {
    throw Error(ErrorCode::kUsage,
                "the author's documents hold no passage to learn from; `twin status` shows what "
                "was kept of them");
  }
  const fs::path dataset_file = run.folder / "dataset.jsonl";
  write_dataset(dataset_file, dataset.samples);
  const std::vector<Sample> samples = load_dataset(dataset_file, store);

  LanguageModel base = load_language_model(context, kernels, folders.base);
  const DecoderConfig shape = base.weights->config;
  // A sample that is longer than a micro-batch holds is split, as one longer than the model's
  // context.
  const FittedSamples fitted =
      fit_samples(*base.tokenizer, samples,
                  {.context = std::min(shape.max_position_embeddings, options.batch_tokens),
                   .loss_on_prompt = false});
  NextTokenObjective objective(fitted.sequences);
  const TrainerOptions trainer = trainer_options(
      options, shape,
      steps_for_epochs(objective, options.batch_tokens, options.epochs, options.accumulate));

  TunedModel tuned(context, base, folders.base, options, run);
  base.weights.reset();  // one copy is enough
  const Trainee trainee = tuned.trainee();
  forecast_run(context, kernels, trainee, objective, trainer, run);
  const std::vector<TrainingSequence> sample = loss_sample(fitted);
  const auto loss = [&](const LoraAdapter* adapter) {
    return evaluate_loss(context, kernels, trainee.tensors(), adapter, sample,
                         options.batch_tokens);
  };
  const double before = context.processes.is_first() ? loss(nullptr) : 0;
  learn(context, kernels, trainee, objective, trainer, run);
  if (!context.processes.is_first()) return true;  // which writes the result
  const double after = loss(trainee.adapter());

  AtomicFolder folder(folders.sft);
  // Relative, so that the workspace can be moved.
  tuned.save(folder.building(), folders.base.lexically_relative(folders.sft).string());
  copy_tokenizer(folders.base, folder.building());
  const LanguageModel model{std::make_shared<const DecoderTensors>(trainee.tensors()),
                            tuned.adapter(), base.tokenizer};
  write_parity(context, kernels, model, PromptTemplate::kWriting, folder.building());
  const Json record = {{"key", run.key},
                       {"kind", "sft"},
                       {"method", options.lora ? "lora" : "full"},
                       {"author_id", options.author_id},
                       {"dataset", to_json(dataset.statistics)},
                       {"fitted", describe(fitted)},
                       {"steps", trainer.steps},
                       {"training_loss", {{"before", before}, {"after", after}}}};
  write_run_record(folder.building(), record);
  folder.commit();
  finish_run(run);
  return true;
}

}  // namespace twin
