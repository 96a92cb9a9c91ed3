#include "cli/train_sft_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/model_argument.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "cli/tuning_flags.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

struct SftCommandOptions : TuningFlags {
  bool truncate = false;
};

std::string losses(const Json& record) {
  std::string text = fmt::format("{} steps, loss {:.3f} -> {:.3f} on what it learnt from",
                                 record.at("steps").get<size_t>(),
                                 record.at("training_loss").at("before").get<double>(),
                                 record.at("training_loss").at("after").get<double>());
  if (record.contains("validation")) {
    text += fmt::format(", {:.3f} on validation (step {})",
                        record.at("validation").at("loss").get<double>(),
                        record.at("validation").at("best_step").get<size_t>());
  }
  return text;
}

// On the author's own passages.
void run_on_workspace(Session& session, const SftCommandOptions& options) {
  if (!options.validation.empty() || !options.style.empty() || options.truncate ||
      options.preview) {
    throw Error(ErrorCode::kUsage,
                "--validation, --template, --truncate and --preview go with --data FILE");
  }
  TrainingFolders folders = training_folders(session);
  if (!options.base.empty()) folders.base = fs::absolute(model_path(session, options.base));
  if (!options.output.empty()) folders.sft = fs::absolute(options.output);
  const bool made = train_sft(session.context(), session.kernels(), session.documents(),
                              test_share(session), sft_training(session), folders);
  const Json record = finished_run_record(session, folders.sft);
  report_training(
      session, folders.sft, made, record,
      fmt::format("{} passages of {}, {}", record.at("dataset").at("samples").get<size_t>(),
                  session.author().full_name(), losses(record)));
}

void run_on_file(Session& session, const SftCommandOptions& options) {
  ExampleTraining training = example_training(session);
  training.base =
      options.base.empty() ? session.workspace().base_model() : model_path(session, options.base);
  training.data = options.data;
  training.validation = options.validation;
  training.truncate = options.truncate;
  training.style = prompt_template_named(options.style);
  place_result(session, options, "sft", training.output, training.run);
  if (options.preview) {
    std::string text;
    const Json figures = preview_training(session.context(), session.kernels(), training,
                                          {*options.preview, session.color()}, text);
    session.print(text);
    session.print_json(figures);
    return;
  }
  const bool made = train_on_examples(session.context(), session.kernels(), training);
  const Json record = finished_run_record(session, training.output);
  report_training(session, training.output, made, record,
                  fmt::format("{} samples, {}", record.at("dataset").at("samples").get<size_t>(),
                              losses(record)));
}

void add_setting_flags(CLI::App& sft, Invocation& invocation) {
  const auto add = [&](const char* flag, const char* setting, const char* description) {
    add_setting_flag(sft, invocation, flag, std::string("train.sft.") + setting, description);
  };
  add_setting_flag(sft, invocation, "--author", "author", "Full name of the author");
  add_tuning_settings(sft, invocation, "train.sft");
  add("--lora-dropout", "lora_dropout", "Share of an adapter's inputs dropped while training");
  add("--neftune-alpha", "neftune_alpha", "Noise on embeddings while training");
  add("--loss-on", "loss_on", "completions or all");
  add("--max-copied-share", "max_copied_share", "Stop where more 8-grams are copied");
}

}  // namespace

void add_train_sft(CLI::App& train, Invocation& invocation) {
  auto options = std::make_shared<SftCommandOptions>();
  CLI::App* sft = train.add_subcommand(
      "sft", "Fine-tune a model: on the author's own passages, word for word, or on a file");
  add_tuning_flags(*sft, *options,
                   "Samples as JSON lines, or a .json list (default: the workspace's author)");
  sft->add_flag("--truncate", options->truncate,
                "Cut samples that are too long at the end, instead of refusing them");
  add_setting_flags(*sft, invocation);
  sft->footer(
      "Examples:\n"
      "  twin train sft\n"
      "  twin train sft --method full --epochs 1\n"
      "  twin train sft --base Qwen/Qwen2.5-0.5B-Instruct --data chats.jsonl --preview\n"
      "  twin train sft --base model.gguf --data pairs.jsonl --output tuned \\\n"
      "      --validation-share 0.1 --patience 2\n\n"
      "Samples, one JSON object to a line, all of one kind (docs/formats/training_data.md):\n"
      "  {\"messages\": [{\"role\": \"user\", \"content\": \"...\"}, ...]}\n"
      "  {\"instruction\": \"...\", \"input\": \"...\", \"output\": \"...\"}\n"
      "  {\"prompt\": \"...\", \"completion\": \"...\"}\n"
      "  {\"text\": \"...\"}");
  sft->callback([&invocation, options] {
    invocation.run = [options](Session& session) {
      if (options->data.empty()) {
        run_on_workspace(session, *options);
      } else {
        run_on_file(session, *options);
      }
    };
  });
}

}  // namespace twin
