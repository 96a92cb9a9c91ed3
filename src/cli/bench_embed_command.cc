#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/machine.h"
#include "base/progress.h"
#include "cli/bench_command.h"
#include "cli/embedder_argument.h"
#include "cli/model_argument.h"
#include "cli/setting_flag.h"
#include "engine/kernels/limits.h"
#include "models/embedding_speed.h"

namespace twin {
namespace {

struct BenchEmbedOptions {
  EmbedderArgument model;
  std::string lines;
  std::string query = "who made the sixth chair, and why would its joint not close?";
  size_t texts = 256, tokens = 256, repeat = 3;
};

void add_rate(Json& json, const std::string& name, const Rate& rate) {
  json[name] = rate.median;
  json[name + "_lowest"] = rate.lowest;
  json[name + "_highest"] = rate.highest;
}

void run_bench_embed(Session& session, const BenchEmbedOptions& options) {
  const std::string path = model_path(session, options.model.model).string();
  const auto start = std::chrono::steady_clock::now();
  const auto embedder = load_embedder(session, options.model);
  const double load_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const size_t tokens = std::min(options.tokens, embedder->max_tokens());
  const std::vector<std::string> texts = options.lines.empty()
                                             ? english_texts(*embedder, options.texts, tokens)
                                             : read_text_lines(options.lines);
  if (texts.empty()) throw Error(ErrorCode::kBadInput, options.lines + ": no texts");
  const EmbeddingSpeed speed =
      measure_embedding(session.context(), *embedder, path, texts, options.query, options.repeat);
  const uint64_t peak_bytes = peak_memory_bytes();
  const kernels::MachineLimits limits =
      kernels::measure_limits(session.context(), session.kernels());
  const double operations = speed.tokens_per_s.median * speed.operations_per_token;
  const double fraction = operations / (1e9 * limits.f32_gflops);

  Json json = {{"model", std::filesystem::path(path).filename().string()},
               {"compute", options.model.compute},
               {"isa", session.kernels().name},
               {"threads", session.context().threads.size()},
               {"dimensions", embedder->dimensions()},
               {"texts", texts.size()},
               {"tokens", speed.tokens},
               {"repeat", options.repeat},
               {"gflops", operations / 1e9},
               {"fraction_of_f32_limit", fraction},
               {"f32_gflops", limits.f32_gflops},
               {"int8_gops", limits.int8_gops},
               {"query_tokens", speed.query_tokens},
               {"query_ms", speed.query_ms},
               {"query_ms_highest", speed.query_ms_highest},
               {"load_seconds", load_seconds},
               {"peak_bytes", peak_bytes}};
  add_rate(json, "tokens_per_s", speed.tokens_per_s);
  add_rate(json, "texts_per_s", speed.texts_per_s);

  session.print(fmt::format("{} ({}), {} threads, {}\n\n", json["model"].get<std::string>(),
                            options.model.compute, session.context().threads.size(),
                            session.kernels().name));
  session.print(fmt::format("{:<12}{:>9.0f} tokens/s ({:.0f} to {:.0f}), {:.0f}% of f32_gflops\n",
                            "texts", speed.tokens_per_s.median, speed.tokens_per_s.lowest,
                            speed.tokens_per_s.highest, 100 * fraction));
  session.print(fmt::format("{:<12}{:>9.1f} texts/s of {:.0f} tokens\n", "",
                            speed.texts_per_s.median,
                            static_cast<double>(speed.tokens) / static_cast<double>(texts.size())));
  session.print(fmt::format("{:<12}{:>9.2f} ms for {} tokens (highest {:.2f})\n", "one query",
                            speed.query_ms, speed.query_tokens, speed.query_ms_highest));
  session.print(fmt::format("{:<12}{:>9} (load {})\n", "peak memory",
                            format_bytes(static_cast<double>(peak_bytes)),
                            format_duration(load_seconds)));
  session.print_json(json);
}

}  // namespace

void add_bench_embed(CLI::App& bench, Invocation& invocation) {
  auto options = std::make_shared<BenchEmbedOptions>();
  CLI::App* embed =
      bench.add_subcommand("embed", "How fast an embedder reads texts, against the limits");
  add_embedder_argument(embed, options->model);
  embed->add_option("--lines", options->lines,
                    "A file of texts, as for `twin models embed` (default: English sentences)");
  embed->add_option("--query", options->query, "The query embedded alone")->capture_default_str();
  for (const auto& [flag, value, what] :
       {std::tuple{"--texts", &options->texts, "Texts, without --lines"},
        std::tuple{"--tokens", &options->tokens, "Tokens of each, without --lines"},
        std::tuple{"--repeat", &options->repeat, "Runs; the median counts"}}) {
    embed->add_option(flag, *value, what)->capture_default_str()->check(CLI::PositiveNumber);
  }
  add_setting_flag(*embed, invocation, "--threads", "threads", "Threads to compute with");
  embed->footer(
      "Example:\n  twin bench embed sentence-transformers/all-MiniLM-L6-v2 --compute int8 "
      "--threads 2 --json\n\n"
      "Tokenizing counts. Close other programs first.");
  embed->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_bench_embed(session, *options); };
  });
}

}  // namespace twin
