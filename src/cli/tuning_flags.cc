#include "cli/tuning_flags.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "base/error.h"
#include "cli/setting_flag.h"

namespace twin {

void add_tuning_flags(CLI::App& command, TuningFlags& flags, const char* data) {
  command.add_option("--base", flags.base,
                     "A model folder, a GGUF file, a name in the workspace or a pulled OWNER/NAME "
                     "(default: the workspace's base)");
  command.add_option("--data", flags.data, data);
  command.add_option("--validation", flags.validation, "Samples to validate on, as --data");
  command.add_option("--output", flags.output,
                     "Folder of the result (default: in the workspace, named as the file)");
  command
      .add_option("--template", flags.style,
                  "chat (the model's own), alpaca or plain (default: by model and samples)")
      ->check(CLI::IsMember({"chat", "alpaca", "plain"}));
  command
      .add_option_function<std::vector<std::string>>(
          "--preview",
          [&flags](const std::vector<std::string>& values) {
            constexpr size_t kShown = 3;
            flags.preview = kShown;
            if (values.empty() ||
                values.front().find_first_not_of("0123456789") != std::string::npos ||
                values.front().empty() || values.front().size() > 6) {
              return;
            }
            flags.preview = std::stoul(values.front());
          },
          "Only show N samples token by token, all lengths, time and memory; train nothing")
      ->type_name("[N]")
      ->expected(0, 1);
}

void add_tuning_settings(CLI::App& command, Invocation& invocation, const std::string& group) {
  const auto add = [&](const char* flag, const char* setting, const char* description) {
    add_setting_flag(command, invocation, flag, group + "." + setting, description);
  };
  add("--method", "method", "lora or full");
  add("--epochs", "epochs", "Passes over the samples");
  add("--r", "r", "Rank of the LoRA adapter");
  add("--lora-alpha", "lora_alpha", "Scale of the LoRA adapter");
  add("--target-modules", "target_modules", "Layers with an adapter: all, or q_proj,v_proj,...");
  add("--use-rslora", "use_rslora", "Rank-stabilised scale: true or false");
  add("--use-dora", "use_dora", "Weight-decomposed adapters: true or false");
  add("--compute", "compute", "f32, or bf16: faster, less exact");
  add("--gradient-checkpointing", "gradient_checkpointing",
      "Less memory, more time: true or false");
  add("--batch-tokens", "batch_tokens", "Tokens of a micro-batch");
  add("--accumulate", "accumulate", "Micro-batches per step");
  add("--learning-rate", "learning_rate", "Peak learning rate");
  add("--schedule", "schedule", "linear, cosine or constant");
  add("--final-ratio", "final_ratio", "Learning rate at the end, of the peak");
  add("--warmup-ratio", "warmup_ratio", "Share of the steps in which the rate rises");
  add("--optimizer", "optimizer", "adamw, or adamw_8bit: moments in 8 bits, less memory");
  add("--weight-decay", "weight_decay", "AdamW's weight decay");
  add("--context", "context", "Longest sample in tokens");
  add("--validation-share", "validation_share", "Share of the samples kept for validation");
  add("--validate-every", "validate_every", "Steps between validations; 0: once an epoch");
  add("--patience", "patience", "Stop after so many validations without a better loss");
  add_setting_flag(command, invocation, "--seed", "train.seed", "Seed");
}

void place_result(Session& session, const TuningFlags& flags, const std::string& kind,
                  std::filesystem::path& output, std::filesystem::path& run) {
  const std::string name = std::filesystem::path(flags.data).stem().string();
  if (!flags.output.empty()) {
    output = flags.output;
    run = flags.output + ".run";
  } else if (session.has_workspace()) {
    output = session.workspace().models() / name;
    run = session.workspace().runs() / (kind + "-" + name);
  } else if (!flags.preview) {
    throw Error(ErrorCode::kUsage,
                "--output DIR says where the result goes; there is no workspace here");
  }
}

}  // namespace twin
