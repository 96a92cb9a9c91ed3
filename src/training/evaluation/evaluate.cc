#include "training/evaluation/evaluate.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "style/copy_meter.h"
#include "style/separation.h"
#include "style/style_model.h"
#include "style/style_profile.h"
#include "training/datasets/corpus.h"
#include "training/datasets/dataset.h"
#include "training/evaluation/generated.h"
#include "training/evaluation/held_out_loss.h"
#include "training/evaluation/held_out_preference.h"
#include "training/train.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Part of the key: a new number where the same inputs would give another document.
constexpr long long kEvaluationVersion = 4;
constexpr size_t kShownPassages = 3;  // generated texts a reader gets to see

OrderedJson to_json(Interval interval) { return {interval.low, interval.high}; }

// The prose of every document, by side of the split.
struct Prose {
  std::vector<StyleDocument> train, test, all;
};

Prose read_prose(const DocumentStore& store, const Corpus& corpus) {
  Prose prose;
  for (const DocumentSummary& summary : corpus.documents) {
    const RawDocument document = *store.document(summary.id, summary.version);
    const Features features = *store.features(summary.id);
    StyleDocument read{summary.id, summary.author_id,
                       text_of(features.clean, document.verbatim, SpanKind::kProse)};
    (corpus.split.at(summary.id) == Split::kTrain ? prose.train : prose.test).push_back(read);
    prose.all.push_back(std::move(read));
  }
  return prose;
}

// A style model and the counts it was made from.
struct Judge {
  Judge(const std::vector<StylePassage>& passages, const std::string& author_id)
      : counts(count_all(passages)), model(readings(passages, counts), author_id) {}

  static std::vector<StyleCounts> count_all(const std::vector<StylePassage>& passages) {
    std::vector<StyleCounts> all;
    all.reserve(passages.size());
    for (const StylePassage& passage : passages) all.push_back(count_style(passage.text));
    return all;
  }
  static std::vector<StyleModel::Reading> readings(const std::vector<StylePassage>& passages,
                                                   const std::vector<StyleCounts>& counts) {
    std::vector<StyleModel::Reading> all;
    for (size_t i = 0; i < passages.size(); ++i) all.push_back({&counts[i], passages[i].author_id});
    return all;
  }

  std::vector<StyleCounts> counts;
  StyleModel model;
};

// Scores of one kind of text, grouped by what is drawn together in a bootstrap.
struct Scores {
  std::vector<std::vector<double>> score, delta;

  void add(const StyleModel& model, const std::string& text, bool new_group) {
    if (new_group || score.empty()) {
      score.emplace_back();
      delta.emplace_back();
    }
    const StyleCounts counts = count_style(text);
    score.back().push_back(model.score(counts));
    delta.back().push_back(model.delta(counts));
  }
};

Scores score_passages(const StyleModel& model, const std::vector<StylePassage>& passages,
                      const std::string& author_id, bool of_author) {
  Scores scores;
  std::string last;
  for (const StylePassage& passage : passages) {
    if ((passage.author_id == author_id) != of_author) continue;
    scores.add(model, passage.text, passage.document_id != last);
    last = passage.document_id;
  }
  return scores;
}

Scores score_generated(const StyleModel& model, const std::vector<GeneratedPassage>& passages) {
  Scores scores;
  for (const GeneratedPassage& passage : passages) scores.add(model, passage.text, true);
  return scores;
}

std::string join(const std::vector<GeneratedPassage>& passages) {
  std::string all;
  for (const GeneratedPassage& passage : passages) all += passage.text + "\n\n";
  return all;
}

std::string join(const std::vector<StyleDocument>& documents, const std::string& author_id,
                 bool of_author) {
  std::string all;
  for (const StyleDocument& document : documents) {
    if ((document.author_id == author_id) == of_author) all += document.text + "\n\n";
  }
  return all;
}

OrderedJson flat(const std::vector<std::vector<double>>& groups) {
  OrderedJson list = OrderedJson::array();
  for (const auto& group : groups) {
    for (const double value : group) list.push_back(value);
  }
  return list;
}

OrderedJson describe(const Scores& scores, uint64_t seed, double floor, double ceiling) {
  if (scores.score.empty()) return nullptr;
  const double mean = mean_of(scores.score);
  return {{"score", mean},
          {"score_95", to_json(bootstrap_mean(scores.score, seed))},
          {"position", ceiling == floor ? OrderedJson(nullptr)
                                        : OrderedJson((mean - floor) / (ceiling - floor))},
          {"delta", mean_of(scores.delta)},
          {"delta_95", to_json(bootstrap_mean(scores.delta, seed))},
          {"scores", flat(scores.score)}};
}

OrderedJson describe(const HeldOutLoss& loss, bool has_dpo) {
  if (loss.tokens == 0) return nullptr;
  OrderedJson json = {{"base", loss.base},
                      {"sft", loss.sft},
                      {"change", loss.sft - loss.base},
                      {"change_95", to_json(loss.change_95)},
                      {"tokens", loss.tokens},
                      {"documents", loss.documents.size()}};
  if (has_dpo) json["dpo"] = loss.dpo;
  return json;
}

OrderedJson describe(const CopyMeter& meter, const std::vector<std::string>& texts) {
  size_t grams = 0;
  double copied = 0;
  CopyMeter::Result longest;
  for (const std::string& text : texts) {
    const CopyMeter::Result result = meter.measure(text);
    grams += result.eight_grams;
    copied += result.eight_gram_share * static_cast<double>(result.eight_grams);
    if (result.longest_run_words > longest.longest_run_words) longest = result;
  }
  return {{"eight_gram_share", grams == 0 ? 0 : copied / static_cast<double>(grams)},
          {"eight_grams", grams},
          {"longest_run_words", longest.longest_run_words},
          {"longest_run", longest.longest_run},
          {"longest_run_document", longest.longest_run_source}};
}

OrderedJson describe(const StyleProfile& profile) {
  OrderedJson punctuation = OrderedJson::object(), function_words = OrderedJson::object();
  for (const auto& [name, rate] : profile.punctuation_per_1000_characters) punctuation[name] = rate;
  for (const auto& [word, rate] : profile.function_words_per_1000) function_words[word] = rate;
  return {{"words", profile.words},
          {"sentences", profile.sentences},
          {"mean_sentence_words", profile.mean_sentence_words},
          {"sd_sentence_words", profile.sd_sentence_words},
          {"mean_word_bytes", profile.mean_word_bytes},
          {"type_token_ratio", profile.type_token_ratio},
          {"sentence_length_shares", profile.sentence_length_shares},
          {"punctuation_per_1000_characters", punctuation},
          {"function_words_per_1000", function_words}};
}

// The training loss of a run, thinned to what a plot shows.
OrderedJson training_curve(const fs::path& metrics) {
  constexpr size_t kPoints = 200;
  std::vector<std::pair<size_t, double>> points;
  std::ifstream file(metrics);
  for (std::string line; std::getline(file, line);) {
    const Json step = parse_json(line, metrics.string());
    points.emplace_back(step.at("step"), step.at("loss"));
  }
  OrderedJson list = OrderedJson::array();
  const size_t stride = points.size() / kPoints + 1;
  for (size_t i = 0; i < points.size(); i += stride) {
    double sum = 0;
    const size_t end = std::min(i + stride, points.size());
    for (size_t k = i; k < end; ++k) sum += points[k].second;
    list.push_back({points[i].first, sum / static_cast<double>(end - i)});
  }
  return list;
}

std::vector<std::string> texts_of(const std::vector<GeneratedPassage>& passages) {
  std::vector<std::string> texts;
  texts.reserve(passages.size());
  for (const GeneratedPassage& passage : passages) texts.push_back(passage.text);
  return texts;
}

std::vector<std::string> texts_of(const std::vector<StylePassage>& passages,
                                  const std::string& author_id) {
  std::vector<std::string> texts;
  for (const StylePassage& passage : passages) {
    if (passage.author_id == author_id) texts.push_back(passage.text);
  }
  return texts;
}

OrderedJson shown(const std::vector<GeneratedPassage>& passages) {
  OrderedJson list = OrderedJson::array();
  for (const GeneratedPassage& passage : passages) {
    if (list.size() == kShownPassages) break;
    list.push_back({{"title", passage.title}, {"text", passage.text}});
  }
  return list;
}

void require_model(const fs::path& folder, const char* marker, const char* what) {
  if (fs::exists(folder / "config.json") || fs::exists(folder / marker)) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("no {} model yet; run `twin train {}` first", what, what));
}

std::string author_name(const DocumentStore& store, const std::string& id) {
  for (const Author& author : store.authors()) {
    if (author.id == id) return author.full_name();
  }
  return id;
}

}  // namespace

OrderedJson evaluate(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
                     const EvaluationOptions& options, const EvaluationFolders& folders) {
  require_model(folders.base, "config.json", "base");
  require_model(folders.sft, "adapter_config.json", "sft");
  const Corpus corpus = load_corpus(store, options.test_share);
  const std::string base_key = model_fingerprint(folders.base);
  const std::string sft_key = model_fingerprint(folders.sft);
  const bool has_dpo = !folders.dpo.empty();
  const std::string dpo_key = has_dpo ? model_fingerprint(folders.dpo) : "";
  const auto sampling_key = [&](KeyHasher& hasher) -> KeyHasher& {
    return hasher.add(static_cast<double>(options.sampling.temperature))
        .add(static_cast<long long>(options.sampling.top_k))
        .add(static_cast<double>(options.sampling.top_p))
        .add(static_cast<long long>(options.sampling.max_new_tokens))
        .add(static_cast<long long>(options.passages))
        .add(static_cast<long long>(options.passage_words))
        .add(static_cast<long long>(options.seed));
  };
  KeyHasher hasher;
  hasher.add("evaluate").add(kEvaluationVersion).add(corpus.key).add(base_key).add(sft_key);
  hasher.add(dpo_key).add(static_cast<long long>(options.pairs));
  const std::string key = sampling_key(hasher.add(options.author_id)).finish();
  const fs::path file = folders.run / "evaluation.json";
  if (fs::exists(file)) {
    OrderedJson earlier = parse_ordered_json(read_file(file), file.string());
    if (earlier.value("key", "") == key) return earlier;
  }

  const std::vector<DocumentSummary> own = corpus.of_author(options.author_id);
  const std::vector<DocumentSummary> others = corpus.of_others(options.author_id);
  const Dataset held_out = build_dataset(store, own, corpus.split, Split::kTest, SampleOptions{});
  if (held_out.samples.empty()) {
    throw Error(ErrorCode::kUsage,
                "the author has no held-out passage to measure by; collect at least two documents "
                "of theirs");
  }

  const LanguageModel base = load_language_model(context, kernels, folders.base);
  const LanguageModel sft = load_language_model(context, kernels, folders.sft);
  LanguageModel dpo;
  if (has_dpo) dpo = load_language_model(context, kernels, folders.dpo);
  const auto loss_on = [&](const std::vector<DocumentSummary>& documents, const std::string& name) {
    return held_out_loss(context, kernels, store, corpus, documents, base, sft,
                         has_dpo ? &dpo : nullptr, options.seed, "tokens of " + name);
  };
  const OrderedJson author_loss =
      describe(loss_on(own, author_name(store, options.author_id)), has_dpo);
  std::map<std::string, std::vector<DocumentSummary>> of_impostors;
  for (const DocumentSummary& document : others) {
    of_impostors[document.author_full_name].push_back(document);
  }
  std::vector<HeldOutLoss> losses_of_impostors;
  OrderedJson each_impostor_loss = OrderedJson::object();
  for (const auto& [name, documents] : of_impostors) {
    losses_of_impostors.push_back(loss_on(documents, name));
    each_impostor_loss[name] = describe(losses_of_impostors.back(), has_dpo);
  }
  const OrderedJson impostor_loss = describe(together(losses_of_impostors, options.seed), has_dpo);

  const std::vector<Sample> prompts = spread(held_out.samples, options.passages);
  const auto passages_of = [&](const LanguageModel& model, const char* name,
                               const std::string& model_key) {
    KeyHasher generation;
    generation.add("passages").add(corpus.key).add(model_key).add(options.author_id);
    const auto generator = make_local_generator(context, kernels, model, name);
    SamplingOptions sampling = options.sampling;
    sampling.seed = options.seed;
    return generate_passages(context, *generator, prompts, options.passage_words, sampling,
                             folders.run / fmt::format("passages-{}.jsonl", name),
                             sampling_key(generation).finish());
  };
  const std::vector<GeneratedPassage> by_base = passages_of(base, "base", base_key);
  const std::vector<GeneratedPassage> by_sft = passages_of(sft, "sft", base_key + sft_key);
  std::vector<GeneratedPassage> by_dpo;
  if (has_dpo) by_dpo = passages_of(dpo, "dpo", base_key + dpo_key);

  context.log.info("style of real and generated text");
  const Prose prose = read_prose(store, corpus);
  const StyleSeparation separation = style_separation(
      style_passages(prose.all, options.passage_words), options.author_id, options.seed);
  const Judge judge(style_passages(prose.train, options.passage_words), options.author_id);
  const std::vector<StylePassage> test = style_passages(prose.test, options.passage_words);
  const Scores real = score_passages(judge.model, test, options.author_id, true);
  const Scores impostors = score_passages(judge.model, test, options.author_id, false);
  if (real.score.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the author's held-out documents have no {} words of prose between "
                            "them; collect more, or raise split.test_share",
                            options.passage_words));
  }
  const bool told_apart = !separation.author_scores.empty() && !separation.impostor_scores.empty();
  const double ceiling = mean_of(real.score);
  // Without impostors the language's average is the floor: its own score is 0 by construction.
  const double floor = impostors.score.empty() ? 0 : mean_of(impostors.score);
  const OrderedJson base_style =
      describe(score_generated(judge.model, by_base), options.seed, floor, ceiling);
  const OrderedJson sft_style =
      describe(score_generated(judge.model, by_sft), options.seed, floor, ceiling);
  const OrderedJson real_style = describe(real, options.seed, floor, ceiling);

  const OrderedJson dpo_style =
      describe(score_generated(judge.model, by_dpo), options.seed, floor, ceiling);

  CopyMeter meter;
  for (const StyleDocument& document : prose.train) meter.add(document.document_id, document.text);
  PreferenceEvaluation preferences;
  preferences.base = {&base, base_key};
  preferences.sft = {&sft, base_key + sft_key};
  if (has_dpo) preferences.dpo = {&dpo, base_key + dpo_key};
  preferences.sampling = options.sampling;
  preferences.sampling.seed = options.seed;
  preferences.pairs = options.pairs;
  preferences.seed = options.seed;
  preferences.folder = folders.run;
  const OrderedJson preference =
      held_out_preference(context, kernels, held_out.samples, meter, preferences);
  const OrderedJson copied = describe(meter, texts_of(by_sft));

  OrderedJson profiles = {
      {"author", describe(style_profile(join(prose.all, options.author_id, true)))},
      {"base", describe(style_profile(join(by_base)))},
      {"sft", describe(style_profile(join(by_sft)))}};
  if (!others.empty()) {
    profiles["impostors"] = describe(style_profile(join(prose.all, options.author_id, false)));
  }

  OrderedJson result = {
      {"key", key},
      {"author", author_name(store, options.author_id)},
      {"impostors",
       [&] {
         OrderedJson names = OrderedJson::array();
         for (const Author& author : store.authors()) {
           if (author.id != options.author_id) names.push_back(author.full_name());
         }
         return names;
       }()},
      {"bundled_reference", judge.model.bundled_reference()},
      {"style",
       {{"auc", told_apart ? OrderedJson(separation.auc) : OrderedJson(nullptr)},
        {"auc_95", told_apart ? to_json(separation.auc_95) : OrderedJson(nullptr)},
        {"accuracy", told_apart ? OrderedJson(separation.accuracy) : OrderedJson(nullptr)},
        {"passage_words", options.passage_words},
        {"author_scores", flat(separation.author_scores)},
        {"impostor_scores", flat(separation.impostor_scores)},
        {"floor", floor},
        {"ceiling", ceiling},
        {"delta",
         {{"base", base_style["delta"]},
          {"sft", sft_style["delta"]},
          {"real", real_style["delta"]}}},
        {"base", base_style},
        {"sft", sft_style},
        {"real", real_style},
        {"impostor", describe(impostors, options.seed, floor, ceiling)}}},
      {"loss",
       {{"author", author_loss},
        {"impostor", impostor_loss},
        {"each_impostor", each_impostor_loss}}},
      {"preference", preference},
      {"copy",
       {{"eight_gram_share", copied["eight_gram_share"]},
        {"sft", copied},
        {"base", describe(meter, texts_of(by_base))},
        {"real", describe(meter, texts_of(test, options.author_id))}}},
      {"profile", profiles},
      {"training",
       {{"base", training_curve(folders.run.parent_path() / "base" / "metrics.jsonl")},
        {"sft", training_curve(folders.run.parent_path() / "sft" / "metrics.jsonl")}}},
      {"samples", {{"sft", shown(by_sft)}, {"base", shown(by_base)}}}};
  if (has_dpo) {
    result["style"]["dpo"] = dpo_style;
    result["style"]["delta"]["dpo"] = dpo_style["delta"];
    result["copy"]["dpo"] = describe(meter, texts_of(by_dpo));
    result["copy"]["eight_gram_share"] = result["copy"]["dpo"]["eight_gram_share"];
    result["profile"]["dpo"] = describe(style_profile(join(by_dpo)));
    result["training"]["dpo"] = training_curve(folders.run.parent_path() / "dpo" / "metrics.jsonl");
    result["samples"]["dpo"] = shown(by_dpo);
  }
  write_file_atomic(file, dump_json(result, 1) + '\n');
  return result;
}

}  // namespace twin
