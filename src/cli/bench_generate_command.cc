#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "cli/bench_command.h"
#include "cli/model_argument.h"
#include "cli/setting_flag.h"
#include "engine/generate/speed.h"
#include "engine/kernels/limits.h"

namespace twin {
namespace {

struct BenchGenerateOptions {
  std::string model;
  SpeedOptions speed;
};

// The arithmetic that the prompt's products run on, as `twin bench machine` names it.
struct ArithmeticLimit {
  const char* name;
  double operations_per_s;
};

ArithmeticLimit limit_for(const std::string& dtype, const kernels::MachineLimits& limits) {
  if (dtype == "F32") return {"f32_gflops", 1e9 * limits.f32_gflops};
  if (dtype == "F16" || dtype == "BF16") return {"bf16_gflops", 1e9 * limits.bf16_gflops};
  if (limits.int8_gops > 0) return {"int8_gops", 1e9 * limits.int8_gops};
  return {"f32_gflops", 1e9 * limits.f32_gflops};
}

void add_rate(Json& json, const std::string& name, const Rate& rate) {
  json[name] = rate.median;
  json[name + "_lowest"] = rate.lowest;
  json[name + "_highest"] = rate.highest;
}

std::string rate_line(const char* label, const Rate& rate, const std::string& note) {
  return fmt::format("{:<26}{:>9.1f} tokens/s ({:.1f} to {:.1f}){}\n", label, rate.median,
                     rate.lowest, rate.highest, note);
}

void run_bench_generate(Session& session, const BenchGenerateOptions& options) {
  const std::filesystem::path path = model_path(session, options.model);
  const GenerationSpeed speed =
      measure_generation(session.context(), session.kernels(), path, options.speed);
  // Behind the model's runs, so that its own memory does not count in their peak.
  const kernels::MachineLimits limits =
      kernels::measure_limits(session.context(), session.kernels());
  const ArithmeticLimit arithmetic = limit_for(speed.dtype, limits);
  const double decode_fraction =
      speed.decode.median * speed.read_bytes_per_token / (1e9 * limits.read_gb_per_s);
  const double prefill_fraction =
      speed.prefill.median * speed.operations_per_prompt_token / arithmetic.operations_per_s;

  Json json = {{"model", path.filename().string()},
               {"dtype", speed.dtype},
               {"isa", session.kernels().name},
               {"threads", session.context().threads.size()},
               {"prompt_tokens", options.speed.prompt},
               {"new_tokens", options.speed.new_tokens},
               {"repeat", options.speed.repeat},
               {"requests", options.speed.requests},
               {"weight_bytes", speed.weight_bytes},
               {"cache_bytes", speed.cache_bytes},
               {"peak_bytes", speed.peak_bytes},
               {"load_seconds", speed.load_seconds},
               {"first_token_seconds", speed.first_token_seconds},
               {"decode_fraction_of_read_limit", decode_fraction},
               {"prefill_fraction_of_limit", prefill_fraction},
               {"prefill_limit", arithmetic.name},
               {"f32_gflops", limits.f32_gflops},
               {"bf16_gflops", limits.bf16_gflops},
               {"int8_gops", limits.int8_gops},
               {"read_gb_per_s", limits.read_gb_per_s}};
  add_rate(json, "prefill_tokens_per_s", speed.prefill);
  add_rate(json, "decode_tokens_per_s", speed.decode);
  if (options.speed.requests > 0) {
    add_rate(json, "batch_decode_tokens_per_s", speed.batch_decode);
    json["batch_speedup"] = speed.batch_decode.median / speed.decode.median;
  }

  session.print(fmt::format("{} ({}), {} threads, {}\n\n", path.filename().string(), speed.dtype,
                            session.context().threads.size(), session.kernels().name));
  session.print(fmt::format("{:<26}{:>9} ({} to the first token)\n", "load",
                            format_duration(speed.load_seconds),
                            format_duration(speed.first_token_seconds)));
  session.print(rate_line("prefill", speed.prefill,
                          fmt::format(", {:.0f}% of {}", 100 * prefill_fraction, arithmetic.name)));
  session.print(rate_line("decode", speed.decode,
                          fmt::format(", {:.0f}% of read_gb_per_s", 100 * decode_fraction)));
  if (options.speed.requests > 0) {
    session.print(rate_line(
        fmt::format("decode, {} together", options.speed.requests).c_str(), speed.batch_decode,
        fmt::format(", {:.2f} times one", speed.batch_decode.median / speed.decode.median)));
  }
  session.print(fmt::format("{:<26}{:>9} (weights {}, cache {})\n", "peak memory",
                            format_bytes(static_cast<double>(speed.peak_bytes)),
                            format_bytes(static_cast<double>(speed.weight_bytes)),
                            format_bytes(static_cast<double>(speed.cache_bytes))));
  session.print_json(json);
}

}  // namespace

void add_bench_generate(CLI::App& bench, Invocation& invocation) {
  auto options = std::make_shared<BenchGenerateOptions>();
  CLI::App* generate =
      bench.add_subcommand("generate", "How fast a model reads and writes, against the limits");
  generate->add_option("MODEL", options->model, "A model, as `twin models` takes it")->required();
  SpeedOptions& speed = options->speed;
  generate->add_option("--prompt", speed.prompt, "Tokens of the prompt")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  generate->add_option("--new", speed.new_tokens, "Tokens written behind it")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  generate->add_option("--requests", speed.requests, "Requests decoded together; 0: none")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  generate->add_option("--repeat", speed.repeat, "Runs of each kind; the median counts")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_setting_flag(*generate, invocation, "--threads", "threads", "Threads to compute with");
  generate->footer(
      "Example:\n  twin bench generate model.gguf --prompt 512 --new 64 --threads 2 --json\n\n"
      "The prompt is made of arbitrary tokens. Close other programs first.");
  generate->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_bench_generate(session, *options); };
  });
}

}  // namespace twin
