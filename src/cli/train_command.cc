#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/setting_flag.h"
#include "cli/train_dpo_command.h"
#include "cli/train_sft_command.h"
#include "cli/training_settings.h"
#include "training/run_record.h"
#include "training/train.h"

namespace twin {

Json finished_run_record(Session& session, const std::filesystem::path& folder) {
  by_the_first(session.context().processes, [] {});
  return read_run_record(folder);
}

void report_training(Session& session, const std::filesystem::path& folder, bool made,
                     const Json& record, const std::string& summary) {
  session.print(fmt::format(
      "{}{}: {}\n", made ? "Made " : "Nothing to do, it is there: ", folder.string(), summary));
  Json json = record;
  json["folder"] = folder.string();
  json["cached"] = !made;
  session.print_json(json);
}

namespace {

void run_tokenizer(Session& session) {
  const TrainingFolders folders = training_folders(session);
  const bool made = train_tokenizer(session.context(), session.documents(), test_share(session),
                                    tokenizer_training(session), folders);
  const Json record = read_run_record(folders.tokenizer);
  report_training(
      session, folders.tokenizer, made, record,
      fmt::format("{} tokens, {:.2f} bytes a token", record.at("vocab_size").get<size_t>(),
                  record.at("bytes_per_token").get<double>()));
}

void run_base(Session& session) {
  const TrainingFolders folders = training_folders(session);
  const bool made = train_base(session.context(), session.kernels(), session.documents(),
                               test_share(session), base_training(session), folders);
  const Json record = finished_run_record(session, folders.base);
  report_training(
      session, folders.base, made, record,
      fmt::format("{:.1f}M parameters, {} steps, loss {:.3f} on what it learnt from",
                  record.at("model").at("parameters").get<double>() / 1e6,
                  record.at("steps").get<size_t>(), record.at("training_loss").get<double>()));
}

}  // namespace

void add_train_command(CLI::App& app, Invocation& invocation) {
  CLI::App* train =
      app.add_subcommand("train", "Train a tokenizer, a base model, the author's voice");
  train->require_subcommand(1);
  train->footer(
      "Each says before it starts how long it will take and how much memory. Killed or stopped?\n"
      "Run it again: it goes on from its last checkpoint, to the same weights.");

  CLI::App* tokenizer = train->add_subcommand("tokenizer", "A vocabulary from all training texts");
  add_setting_flag(*tokenizer, invocation, "--vocab-size", "train.tokenizer.vocab_size",
                   "Tokens, the bytes and special ones included");
  tokenizer->footer("Example:\n  twin train tokenizer --vocab-size 4096");
  tokenizer->callback([&invocation] { invocation.run = run_tokenizer; });

  CLI::App* base =
      train->add_subcommand("base", "A small language model from scratch, of all training texts");
  add_setting_flag(*base, invocation, "--steps", "train.base.steps", "Training steps");
  add_setting_flag(*base, invocation, "--hidden-size", "train.base.hidden_size", "Width");
  add_setting_flag(*base, invocation, "--layers", "train.base.num_hidden_layers", "Layers");
  add_setting_flag(*base, invocation, "--learning-rate", "train.base.learning_rate",
                   "Peak learning rate");
  add_setting_flag(*base, invocation, "--seed", "train.seed", "Seed");
  base->footer("Example:\n  twin train base --steps 1000 --hidden-size 384 --layers 6");
  base->callback([&invocation] { invocation.run = run_base; });

  add_train_sft(*train, invocation);
  add_train_dpo(*train, invocation);
}

}  // namespace twin
