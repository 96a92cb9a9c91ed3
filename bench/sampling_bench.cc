// What choosing a token costs beside computing it, at a large vocabulary: the sampler's options,
// and a grammar's mask when it is new and when it is known. Results are checked by the unit tests.
//
//   sampling_bench (needs ../shared/data/tokenizers/qwen2 for the masks)

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/random.h"
#include "engine/generate/json_schema.h"
#include "engine/generate/qwen2_for_test.h"
#include "engine/generate/sampler.h"
#include "engine/generate/token_grammar.h"

namespace {

using namespace twin;

double milliseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

struct Spread {
  double median, most;
};

Spread spread_of(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.back()};
}

void measure_sampler(size_t V, const std::string& name, const SamplingOptions& options) {
  Random random(1);
  std::vector<float> logits(V), copy;
  for (float& x : logits) x = static_cast<float>(random.normal() * 2.5);
  Sampler sampler(options, V, {});
  std::vector<double> times;
  for (int i = 0; i < 60; ++i) {
    copy = logits;
    times.push_back(milliseconds_of([&] { sampler.next(copy); }));
  }
  const Spread spread = spread_of(times);
  const OrderedJson line = {{"benchmark", "sampler"},
                            {"vocabulary", V},
                            {"options", name},
                            {"median_ms", spread.median},
                            {"max_ms", spread.most}};
  fmt::print("{}\n", dump_json(line));
}

// Writes outputs of one schema at random, and again with every state known.
void measure_masks(const std::shared_ptr<const Vocabulary>& vocabulary, const std::string& name,
                   const std::string& schema) {
  const auto grammar =
      std::make_shared<TokenGrammar>(json_schema_grammar(schema, "schema"), vocabulary, "schema");
  for (const bool known : {false, true}) {
    Random random(1);
    std::vector<double> times;
    for (int round = 0; round < 4; ++round) {
      Constraint constraint(grammar);
      constraint.begin(400, {});
      for (size_t left = 400; left > 200; --left) {
        std::span<const uint64_t> allowed;
        times.push_back(milliseconds_of([&] { allowed = constraint.allowed(left); }));
        if (allowed.empty()) break;
        size_t id = random.below(vocabulary->size());
        while ((allowed[id / 64] >> (id % 64) & 1) == 0) id = (id + 1) % vocabulary->size();
        constraint.accept(static_cast<int32_t>(id));
      }
    }
    const Spread spread = spread_of(times);
    const OrderedJson line = {{"benchmark", "mask"},   {"vocabulary", vocabulary->size()},
                              {"schema", name},        {"states_known", known},
                              {"masks", times.size()}, {"median_ms", spread.median},
                              {"max_ms", spread.most}};
    fmt::print("{}\n", dump_json(line));
  }
}

}  // namespace

int main() {
  for (const size_t V : {131072, 262144}) {
    SamplingOptions options;
    measure_sampler(V, "temperature 1", options);
    options.temperature = 0;
    measure_sampler(V, "greedy", options);
    options.temperature = 0.8f;
    options.top_k = 40;
    measure_sampler(V, "top_k 40", options);
    options.top_k = 0;
    options.top_p = 0.95f;
    measure_sampler(V, "top_p 0.95", options);
    options.top_p = 1;
    options.min_p = 0.05f;
    measure_sampler(V, "min_p 0.05", options);
    options.min_p = 0;
    options.typical_p = 0.95f;
    measure_sampler(V, "typical_p 0.95", options);
    options = {};
    options.logprobs = true;
    options.top_logprobs = 10;
    measure_sampler(V, "logprobs, 10 alternatives", options);
  }
  const auto vocabulary = qwen2_vocabulary();
  if (!vocabulary) {
    fmt::print(stderr, "sampling_bench: no vocabulary in ../shared, masks not measured\n");
    return 0;
  }
  measure_masks(vocabulary, "any value", "{}");
  measure_masks(vocabulary, "string up to 400 characters",
                R"({"type": "string", "minLength": 300, "maxLength": 400})");
  measure_masks(vocabulary, "review",
                R"({"type": "object", "properties": {"score": {"type": "integer", "minimum": 1,
                "maximum": 10}, "reasons": {"type": "array", "items": {"type": "string"}}},
                "required": ["score", "reasons"]})");
  return 0;
}
