// What lookup decoding brings to drafts written from retrieved passages: the same texts with and
// without, equal ids checked first.
//
//   lookup_bench WORKSPACE [--titles 20] [--rounds 3] [--threads N] [MODEL.gguf ...]
//
// Requests are the titles of the author's held-out documents; prompts are those of `twin write`,
// passages and all. First the workspace's own models/sft writes, then each MODEL (its vocabulary no
// smaller; its weights may be random, and then its greedy text is one long loop), sampled and
// greedy. Then what other texts would take each behind the same prompts: models/sft's drafts, and
// answers that quote their sources: of four tokens one to three are a passage's, in runs of 25.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"
#include "engine/generate/generate.h"
#include "engine/generate/lookup.h"
#include "engine/generate/step_cost.h"
#include "inference/writer.h"
#include "models/language_model.h"
#include "training/datasets/corpus.h"

namespace {

using namespace twin;
using Ids = std::vector<int32_t>;

constexpr size_t kGuess = 8, kAnswer = 200;

// Keeps the prompt that it is asked to write from.
class Recorder : public TextGenerator {
 public:
  Result write(const WritingPrompt& prompt, const SamplingOptions&,
               const std::function<bool(std::string_view)>&) override {
    if (!asked) asked = prompt;
    return {};
  }
  std::string name() const override { return "recorder"; }

  std::optional<WritingPrompt> asked;
};

struct Question {
  Ids prompt;
  Ids drafts[2];  // sampled, greedy
};

struct Writing {
  std::string name;
  Context& context;
  Decoder& decoder;
  Ids stop_tokens;
  std::shared_ptr<const LoraAdapter> adapter;
};

// Of many texts: what they took with and without.
struct Sum {
  double seconds[2] = {0, 0};
  size_t tokens = 0, guessed = 0, right = 0;
};

// Seconds on the clock; of one thread, those that it ran, whatever else the machine does.
double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double run_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
using Seconds = double (*)();

void tell(const std::string& model, const char* text, size_t questions, const Sum& sum) {
  const auto rate = [&](double seconds) { return static_cast<double>(sum.tokens) / seconds; };
  const OrderedJson line = {
      {"benchmark", "lookup"},
      {"model", model},
      {"text", text},
      {"questions", questions},
      {"tokens", sum.tokens},
      {"guessed", sum.guessed},
      {"right", sum.right},
      {"share_of_tokens_guessed", static_cast<double>(sum.right) / static_cast<double>(sum.tokens)},
      {"off_tokens_per_s", rate(sum.seconds[0])},
      {"on_tokens_per_s", rate(sum.seconds[1])},
      {"speedup", sum.seconds[0] / sum.seconds[1]}};
  fmt::print("{}\n", dump_json(line));
  std::fflush(stdout);
}

std::vector<Question> questions_of(Context& context, const DocumentStore& store,
                                   const LanguageModel& model, const std::string& author_id,
                                   size_t count) {
  std::vector<Question> questions;
  const Corpus corpus = load_corpus(store, 0.15);
  const Retriever retriever(context, store);
  const size_t positions = model.weights->config.max_position_embeddings;
  for (const DocumentSummary& document : corpus.of_author(author_id)) {
    if (questions.size() == count) break;
    if (corpus.split.at(document.id) != Split::kTest || document.title.empty()) continue;
    Question question;
    Recorder recorder;
    WriteOptions options;
    options.retrieval.filter.author_id = author_id;
    write_draft(retriever, recorder, document.title, options);
    if (!recorder.asked) continue;
    question.prompt =
        render_prompt(*model.tokenizer, *recorder.asked, positions - kAnswer - kGuess).ids;
    questions.push_back(question);
  }
  return questions;
}

// The decoder writes: with and without in turns, the quicker of `rounds` counting.
void measure_writing(const Writing& writing, std::vector<Question>& questions, bool greedy,
                     size_t rounds, Seconds now) {
  SamplingOptions sampling;
  sampling.temperature = greedy ? 0.0f : 0.8f;
  sampling.top_k = 50;
  sampling.top_p = 0.95f;
  sampling.max_new_tokens = kAnswer;
  sampling.stop_tokens = writing.stop_tokens;
  Sum sum;
  for (Question& question : questions) {
    Generation generations[2];
    double best[2] = {1e9, 1e9};
    for (size_t run = 0; run < 2 * rounds; ++run) {
      const size_t on = (run + run / 2) % 2;
      GenerationRequest request;
      request.prompt = question.prompt;
      request.sampling = sampling;
      request.sampling.lookup_tokens = on == 1 ? kGuess : 0;
      request.adapter = writing.adapter;
      double first = 0;
      request.on_token = [&](int32_t) {
        if (first == 0) first = now();  // the prompt does not count
        return true;
      };
      generations[on] = generate(writing.context, writing.decoder, request);
      best[on] = std::min(best[on], first > 0 ? now() - first : 0);
    }
    TWIN_CHECK(generations[0].ids == generations[1].ids, "the text is another with lookup");
    sum.tokens += generations[1].ids.size();
    sum.guessed += generations[1].guessed_tokens;
    sum.right += generations[1].right_guesses;
    for (const size_t on : {0, 1}) sum.seconds[on] += best[on];
    Ids& draft = question.drafts[greedy ? 1 : 0];
    if (draft.empty()) draft = generations[0].ids;
  }
  tell(writing.name, greedy ? "written, greedy" : "written, temperature 0.8", questions.size(),
       sum);
}

// The sampled draft, of which `quarters` of four runs of tokens have become the passages'.
Ids quoting(const Question& question, size_t quarters) {
  constexpr size_t kRun = 25;
  Ids ids;
  for (size_t i = 0; i < kAnswer / kRun; ++i) {
    const Ids& from = i % 4 < quarters ? question.prompt : question.drafts[0];
    const size_t begin =
        std::min((i * 97 + 30) % from.size(), from.size() - std::min(kRun, from.size()));
    ids.insert(ids.end(), from.begin() + static_cast<ptrdiff_t>(begin),
               from.begin() + static_cast<ptrdiff_t>(std::min(begin + kRun, from.size())));
  }
  return ids;
}

// What it would take to write `answer` behind the prompt that `cache` holds, whatever the model
// thinks of it. Returns seconds, and leaves the cache as it was.
double replay(Decoder& decoder, const Question& question, const Ids& answer, size_t guess,
              KvCache& cache, StepCost& cost, Sum& sum, Seconds now) {
  const size_t C = decoder.config().hidden_size, V = decoder.config().vocab_size;
  std::vector<float> hidden(kFewTokens * C), logits((kGuess + 1) * V);
  Lookup lookup(guess);
  lookup.begin(question.prompt);
  lookup.append(answer.front());
  const double start = now();
  for (size_t i = 0; i + 1 < answer.size();) {
    Ids tokens = {answer[i]};
    const auto guessed = lookup.guess(answer.size() - i - 2, cost.of_one_more(1));
    tokens.insert(tokens.end(), guessed.begin(), guessed.end());
    const Segment segment{tokens.size(), &cache, nullptr};
    const size_t known = cache.length();
    const double before = now();
    decoder.forward({tokens, {&segment, 1}}, std::span(hidden).first(tokens.size() * C));
    decoder.logits(std::span(hidden).first(tokens.size() * C),
                   std::span(logits).first(tokens.size() * V));
    if (guess > 0) cost.tell(tokens.size(), now() - before);
    size_t right = 0;
    while (right + 1 < tokens.size() && tokens[right + 1] == answer[i + right + 1]) ++right;
    lookup.tell(right);
    cache.truncate(known + right + 1);
    for (size_t j = 0; j <= right; ++j) lookup.append(answer[++i]);
  }
  const double seconds = now() - start;
  cache.truncate(question.prompt.size());
  sum.tokens = answer.size() - 1;
  sum.guessed = lookup.guessed();
  sum.right = lookup.right();
  return seconds;
}

// What k tokens in one pass take, in those of one.
void measure_cost(const std::string& name, Decoder& decoder, const Ids& prompt, Seconds now) {
  const DecoderConfig& config = decoder.config();
  const size_t C = config.hidden_size, V = config.vocab_size;
  KvCache cache(config, prompt.size() + kFewTokens);
  std::vector<float> hidden(std::max<size_t>(prompt.size(), kFewTokens) * C),
      logits(kFewTokens * V);
  const Segment all{prompt.size(), &cache, nullptr};
  decoder.forward({prompt, {&all, 1}}, std::span(hidden).first(prompt.size() * C));
  const std::vector<size_t> sizes = {1, 2, 3, 4, 6, 8, 12, 16};
  std::vector<std::vector<double>> seconds(sizes.size());
  for (int round = 0; round < 8; ++round) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      const size_t k = sizes[i];
      const Segment segment{k, &cache, nullptr};
      cache.truncate(prompt.size());
      const double before = now();
      decoder.forward({std::span(prompt).first(k), {&segment, 1}}, std::span(hidden).first(k * C));
      decoder.logits(std::span(hidden).first(k * C), std::span(logits).first(k * V));
      seconds[i].push_back(now() - before);
    }
  }
  OrderedJson line = {{"benchmark", "lookup_cost"}, {"model", name}, {"prompt", prompt.size()}};
  double one = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::sort(seconds[i].begin(), seconds[i].end());
    const double median = seconds[i][seconds[i].size() / 2];
    if (i == 0) one = median;
    line[fmt::format("{}_tokens", sizes[i])] = median / one;
  }
  fmt::print("{}\n", dump_json(line));
  std::fflush(stdout);
}

// The quickest of `rounds` with and without, in turns.
void measure_replay(const std::string& name, Decoder& decoder,
                    const std::vector<Question>& questions, size_t rounds, Seconds now) {
  measure_cost(name, decoder, questions.front().prompt, now);
  std::vector<KvCache> caches;
  for (const Question& question : questions) {
    const std::vector<int32_t>& prompt = question.prompt;
    caches.emplace_back(decoder.config(), prompt.size() + kAnswer + kGuess);
    const Segment all{prompt.size(), &caches.back(), nullptr};
    std::vector<float> hidden(prompt.size() * decoder.config().hidden_size);
    decoder.forward({prompt, {&all, 1}}, hidden);
  }
  const std::pair<const char*, Ids (*)(const Question&)> texts[] = {
      {"the sampled drafts", [](const Question& q) { return q.drafts[0]; }},
      {"the greedy drafts", [](const Question& q) { return q.drafts[1]; }},
      {"a quarter quoted", [](const Question& q) { return quoting(q, 1); }},
      {"half quoted", [](const Question& q) { return quoting(q, 2); }},
      {"three quarters quoted", [](const Question& q) { return quoting(q, 3); }}};
  for (const auto& [label, text] : texts) {
    Sum sum;
    StepCost cost;
    for (size_t i = 0; i < questions.size(); ++i) {
      const Ids answer = text(questions[i]);
      if (answer.size() < 2) continue;
      Sum one;
      double best[2] = {1e9, 1e9};
      for (size_t run = 0; run < 2 * rounds; ++run) {
        const size_t on = run % 2;
        best[on] = std::min(best[on], replay(decoder, questions[i], answer, on * kGuess, caches[i],
                                             cost, one, now));
      }
      for (const size_t on : {0, 1}) sum.seconds[on] += best[on];
      sum.tokens += one.tokens;  // of the last run, which guessed
      sum.guessed += one.guessed;
      sum.right += one.right;
    }
    tell(name, label, questions.size(), sum);
  }
}

void run(int argc, char** argv) {
  std::filesystem::path workspace;
  std::vector<std::filesystem::path> models;
  size_t titles = 20, threads = 0, rounds = 3;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    size_t* number = word == "--titles"    ? &titles
                     : word == "--threads" ? &threads
                     : word == "--rounds"  ? &rounds
                                           : nullptr;
    if (number != nullptr && i + 1 < argc) {
      const std::string_view value = argv[++i];
      std::from_chars(value.data(), value.data() + value.size(), *number);
    } else if (workspace.empty()) {
      workspace = word;
    } else {
      models.emplace_back(word);
    }
  }
  if (workspace.empty() || !std::filesystem::exists(workspace / "twin.db")) {
    fmt::print(
        "lookup_bench needs a workspace with models/sft: lookup_bench WORKSPACE [--titles "
        "20] [--rounds 3] [--threads N] [MODEL.gguf ...]\n");
    return;
  }
  QuietContext context(threads);
  const Seconds now = threads == 1 ? run_seconds : clock_seconds;
  const kernels::Kernels& kernels = kernels::choose_kernels("");
  const auto store = open_sqlite_document_store((workspace / "twin.db").string());
  const LanguageModel model = load_language_model(context, kernels, workspace / "models/sft");
  std::vector<Question> questions;
  for (const Author& author : store->authors()) {  // the one with most held-out documents
    std::vector<Question> of_author = questions_of(context, *store, model, author.id, titles);
    if (of_author.size() > questions.size()) questions = std::move(of_author);
  }
  if (questions.empty()) throw Error(ErrorCode::kBadInput, "no held-out documents with titles");
  {
    Decoder decoder(context, kernels, *model.weights);
    const Writing writing = {"models/sft", context, decoder, stop_tokens(model), model.adapter};
    for (const bool greedy : {false, true})
      measure_writing(writing, questions, greedy, rounds, now);
    measure_replay("models/base", decoder, questions, rounds, now);
  }
  for (const std::filesystem::path& file : models) {
    const DecoderTensors tensors = open_model(file);
    Decoder decoder(context, kernels, tensors);
    if (decoder.config().vocab_size < model.weights->config.vocab_size) {
      throw Error(ErrorCode::kBadInput, file.string() + ": its vocabulary is smaller");
    }
    const Writing writing = {file.stem().string(), context, decoder, {}, nullptr};
    for (const bool greedy : {false, true})
      measure_writing(writing, questions, greedy, rounds, now);
    measure_replay(file.stem().string(), decoder, questions, rounds, now);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "lookup_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
