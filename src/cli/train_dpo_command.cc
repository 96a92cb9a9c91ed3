#include "cli/train_dpo_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/model_argument.h"
#include "cli/setting_flag.h"
#include "cli/train_sft_command.h"
#include "cli/training_settings.h"
#include "cli/tuning_flags.h"

namespace twin {
namespace {

struct DpoCommandOptions : TuningFlags {
  std::string adapter;
  bool skip_equal = false;
};

std::string figures(const Json& record) {
  const Json& before = record.at("preference").at("before");
  const Json& after = record.at("preference").at("after");
  std::string text = fmt::format(
      "{} pairs, {} steps, loss {:.3f} -> {:.3f}, margin {:.3f} -> {:.3f}, {:.0f}% the "
      "right way round",
      record.at("dataset").at("pairs").get<size_t>(), record.at("steps").get<size_t>(),
      before.at("loss").get<double>(), after.at("loss").get<double>(),
      before.at("margin").get<double>(), after.at("margin").get<double>(),
      100 * after.at("accuracy").get<double>());
  if (record.contains("validation")) {
    const Json& validation = record.at("validation");
    text += fmt::format("; {:.3f}, {:.3f}, {:.0f}% on validation (step {})",
                        validation.at("loss").get<double>(), validation.at("margin").get<double>(),
                        100 * validation.at("accuracy").get<double>(),
                        validation.at("best_step").get<size_t>());
  }
  return text;
}

// The twin's own: the author's passages against what its SFT model writes.
void run_on_workspace(Session& session, const DpoCommandOptions& options) {
  if (!options.base.empty() || !options.adapter.empty() || !options.validation.empty() ||
      !options.style.empty() || options.skip_equal) {
    throw Error(ErrorCode::kUsage,
                "--base, --adapter, --validation, --template and --skip-equal go with --data FILE");
  }
  TrainingFolders folders = training_folders(session);
  if (!options.output.empty()) folders.dpo = std::filesystem::absolute(options.output);
  const OwnPreferenceTraining training = own_preference_training(session);
  if (options.preview) {
    std::string text;
    const Json json =
        preview_dpo(session.context(), session.kernels(), session.documents(), test_share(session),
                    training, folders, {*options.preview, session.color()}, text);
    session.print(text);
    session.print_json(json);
    return;
  }
  const bool made = train_dpo(session.context(), session.kernels(), session.documents(),
                              test_share(session), training, folders);
  const Json record = finished_run_record(session, folders.dpo);
  const Json& dataset = record.at("dataset");
  report_training(
      session, folders.dpo, made, record,
      fmt::format("passages of {}, the model's answers {:.2f} times as long, {:.1f}% of their "
                  "8-word runs copied; {}",
                  session.author().full_name(), dataset.at("length_ratio").get<double>(),
                  100 * dataset.at("copied_share").get<double>(), figures(record)));
}

void run_on_file(Session& session, const DpoCommandOptions& options) {
  PreferenceTraining training = preference_training(session);
  if (!options.adapter.empty()) training.adapter = model_path(session, options.adapter);
  training.base = !options.base.empty()       ? model_path(session, options.base)
                  : !training.adapter.empty() ? base_of_adapter(training.adapter)
                                              : session.workspace().base_model();
  training.data = options.data;
  training.validation = options.validation;
  training.style = prompt_template_named(options.style);
  training.skip_equal = options.skip_equal;
  place_result(session, options, "dpo", training.output, training.run);
  if (options.preview) {
    std::string text;
    const Json json = preview_preferences(session.context(), session.kernels(), training,
                                          {*options.preview, session.color()}, text);
    session.print(text);
    session.print_json(json);
    return;
  }
  const bool made = train_on_preferences(session.context(), session.kernels(), training);
  const Json record = finished_run_record(session, training.output);
  report_training(session, training.output, made, record, figures(record));
}

}  // namespace

void add_train_dpo(CLI::App& train, Invocation& invocation) {
  auto options = std::make_shared<DpoCommandOptions>();
  CLI::App* dpo = train.add_subcommand(
      "dpo", "Teach a model which of two answers is preferred: the author's own, or a file's");
  add_tuning_flags(*dpo, *options,
                   "Pairs of answers as JSON lines, or a .json list (default: the author's own "
                   "passages against what the SFT model writes)");
  dpo->add_flag("--skip-equal", options->skip_equal,
                "Leave pairs out whose two answers are the same, instead of refusing them");
  add_setting_flag(*dpo, invocation, "--author", "author", "Full name of the author");
  dpo->add_option("--adapter", options->adapter,
                  "An adapter to go on from, of `twin train sft`; its r, alpha and layers hold");
  const auto add = [&](const char* flag, const char* setting, const char* description) {
    add_setting_flag(*dpo, invocation, flag, std::string("train.dpo.") + setting, description);
  };
  add("--passages", "passages", "Passages of the author to draw answers for; 0: all");
  add("--loss", "loss", "sigmoid, ipo or sigmoid_norm (per token)");
  add("--beta", "beta", "How close to stay to the reference: more is closer");
  add("--label-smoothing", "label_smoothing", "Share of pairs taken to be the wrong way round");
  add("--sft-weight", "sft_weight", "Weight of the chosen answers' own loss");
  add_tuning_settings(*dpo, invocation, "train.dpo");
  dpo->footer(
      "Examples:\n"
      "  twin train dpo\n"
      "  twin train dpo --base Qwen/Qwen2.5-0.5B-Instruct --data pairs.jsonl --preview\n"
      "  twin train dpo --base model.gguf --data pairs.jsonl --loss ipo --beta 0.2 --output tuned\n"
      "  twin train dpo --adapter models/chats --data pairs.jsonl --sft-weight 0.2\n\n"
      "Without --data, the twin's own: chosen are the author's passages, rejected what models/sft\n"
      "writes for the same prompts, as long as they; the reference is models/sft. With --data it\n"
      "is the base model with no adapter.\n"
      "Pairs, one JSON object to a line (docs/formats/training_data.md):\n"
      "  {\"prompt\": \"...\", \"chosen\": \"...\", \"rejected\": \"...\"}\n"
      "  {\"instruction\": \"...\", \"input\": \"...\", \"chosen\": \"...\", \"rejected\": "
      "\"...\"}\n"
      "  {\"prompt\": [{\"role\": \"user\", \"content\": \"...\"}], \"chosen\": [...], "
      "\"rejected\": [...]}");
  dpo->callback([&invocation, options] {
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
