#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/machine.h"
#include "base/progress.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/formats/export_model.h"
#include "engine/formats/model_folder.h"
#include "models/exported_model.h"
#include "models/parity.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  ModelArgument model;
  std::string target;
  std::string format;  // "hf", "gguf"; empty: by the target's name
  std::string type = "keep";
};

size_t bytes_on_disk(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::file_size(path);
  size_t sum = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

// The model with its adapter, where it has one, added to its weights.
ModelToExport model_to_export(Session& session, const ModelArgument& argument, bool to_gguf) {
  const fs::path path = model_path(session, argument.model);
  ModelToExport model;
  if (fs::exists(path / "adapter_config.json")) {
    const fs::path base = base_of_adapter(path);
    DecoderWeights weights = load_weights(base);
    merge(load_adapter(path, weights.config()), weights);
    model.tensors = weights.tensors();
    model.origin = fs::exists(path / "tokenizer.json") ? path : base;
  } else {
    model.tensors = open_model(path);
    model.origin = path;
  }
  // A GGUF file's metadata goes along as it is.
  if (to_gguf && argument.tokenizer.empty() && is_gguf(model.origin)) return model;
  const bool in_model =
      argument.tokenizer.empty() && (fs::is_directory(model.origin) || is_gguf(model.origin));
  if (in_model && !has_tokenizer(model.origin)) {
    session.context().log.warning(fmt::format(
        "{}: no tokenizer there, so none is written (--tokenizer)", model.origin.string()));
    return model;
  }
  model.tokenizer = load_tokenizer(in_model ? model.origin : tokenizer_path(session, argument));
  return model;
}

// Says beforehand what will be written and refuses what the disk has no room for.
void forecast(Session& session, const std::vector<PlannedTensor>& tensors, const fs::path& target,
              size_t now) {
  const size_t bytes = total_bytes(tensors);
  const auto shown = [](size_t n) { return format_bytes(static_cast<double>(n)); };
  const uint64_t free = free_disk_bytes(target);
  if (free > 0 && bytes > free) {
    throw Error(ErrorCode::kDoesNotFit,
                fmt::format("{}: {} are to be written, {} are free on the disk", target.string(),
                            shown(bytes), shown(free)));
  }
  session.context().log.info(fmt::format("{}: {} tensors, {} (now {})", target.string(),
                                         tensors.size(), shown(bytes), shown(now)));
}

// Whether it was trained, by twin or another: then it is run before and after.
bool was_trained(const fs::path& path) {
  return fs::exists(path / "adapter_config.json") || read_parity(path).has_value();
}

Json to_json(const Drift& drift) {
  return {{"tokens", drift.tokens},
          {"mean_kl", drift.mean_kl},
          {"largest_kl", drift.largest_kl},
          {"largest_logit_difference", drift.largest_logit},
          {"greedy_tokens", drift.greedy_tokens},
          {"greedy_same", drift.greedy_same}};
}

// What a user wants to know of an export: does it still answer as what was trained?
void report(Session& session, const Drift& drift) {
  session.print(fmt::format(
      "Beside the trained model, on {} tokens of probe prompts: {} of {} greedy tokens the same, "
      "KL divergence {:.2g} (largest {:.2g}), logits within {:.2g}\n",
      drift.tokens, drift.greedy_same, drift.greedy_tokens, drift.mean_kl, drift.largest_kl,
      drift.largest_logit));
  constexpr double kMuch = 0.05;  // nats: about what Q4 costs a small model
  if (drift.mean_kl > kMuch) {
    session.context().log.warning(
        "it answers noticeably otherwise than the trained model; a wider --type stays closer");
  }
}

void run_export(Session& session, const ExportOptions& options) {
  const fs::path target = options.target;
  const bool gguf =
      options.format.empty() ? target.extension() == ".gguf" : options.format == "gguf";
  const WeightTypes types = parse_weight_types(options.type);
  const fs::path path = model_path(session, options.model.model);
  std::optional<LanguageModel> trained;
  if (was_trained(path)) {
    if (options.model.tokenizer.empty()) {
      trained = load_model(session, options.model);
    } else {
      session.context().log.warning("with --tokenizer, no parity record is written");
    }
  }
  ModelToExport model = model_to_export(session, options.model, gguf);
  size_t tensors = 0;
  {
    const ExportPlan plan =
        gguf ? plan_gguf(model.tensors, types) : plan_folder(model.tensors, types);
    tensors = plan.tensors.size();
    forecast(session, plan.tensors, target, model.tensors.bytes());
  }
  Json json = {{"path", target.string()},
               {"format", gguf ? "gguf" : "hf"},
               {"type", options.type},
               {"tensors", tensors}};
  if (trained) {
    const Drift drift = export_trained(session.context(), session.kernels(), *trained,
                                       std::move(model), {target, gguf, types});
    report(session, drift);
    json["drift"] = to_json(drift);
  } else if (gguf) {
    export_gguf(session.context(), model, types, target);
  } else {
    export_folder(session.context(), model, types, target);
  }
  json["bytes"] = bytes_on_disk(target);
  session.print(fmt::format("{}\n", target.string()));
  session.print_json(json);
}

CLI::App* add(CLI::App& models, Invocation& invocation, const std::string& name,
              const std::string& description, const std::shared_ptr<ExportOptions>& options) {
  CLI::App* command = add_model_argument(models.add_subcommand(name, description), options->model);
  add_unverified_flag(command, options->model);
  command->add_option("TARGET", options->target, "The new file or folder")->required();
  command->add_option("--type", options->type, "Types of the weights")
      ->check(CLI::IsMember(weight_type_names()))
      ->capture_default_str();
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_export(session, *options); };
  });
  return command;
}

}  // namespace

void add_models_export(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = add(models, invocation, "export",
                          "Write a model as a Hugging Face folder or a GGUF file", options);
  command
      ->add_option("--format", options->format, "hf or gguf (default: gguf where TARGET ends so)")
      ->check(CLI::IsMember({"hf", "gguf"}));
  command->footer(
      "Examples:\n"
      "  twin models export sft my-twin.gguf --type q8_0\n"
      "  twin models export SmolLM2-135M.Q8_0.gguf smollm2 --type bf16\n\n"
      "The tokenizer, the chat template and generation settings go along. An adapter is merged\n"
      "into its base. What is written of a trained model is run beside it: how far its answers\n"
      "are from the trained one's is printed, and loading verifies it from then on.");
}

void add_models_quantize(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<ExportOptions>();
  options->format = "gguf";
  options->type = "q4_k_m";
  CLI::App* command =
      add(models, invocation, "quantize", "Write a model as a smaller GGUF file", options);
  command->footer(
      "Examples:\n"
      "  twin models quantize SmolLM2-135M SmolLM2-135M.gguf --type q8_0\n"
      "  twin models quantize sft my-twin.gguf --type q4_k_m");
}

void add_models_merge(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command =
      add(models, invocation, "merge",
          "Write a fine-tuned model with its adapter merged into its base", options);
  command
      ->add_option("--format", options->format, "hf or gguf (default: gguf where TARGET ends so)")
      ->check(CLI::IsMember({"hf", "gguf"}));
  command->footer("Example:\n  twin models merge sft merged --type bf16");
}

}  // namespace twin
