#include "cli/training_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "cli/writing_settings.h"

namespace twin {
namespace {

constexpr size_t kMaxSteps = 100'000'000;

[[noreturn]] void refuse(const std::string& key, const std::string& value,
                         const std::string& expected) {
  throw Error(ErrorCode::kUsage,
              fmt::format("setting {} is {}; expected {}", key, value, expected));
}

uint64_t seed_setting(Session& session, const char* key) {
  return static_cast<uint64_t>(session.settings().integer(key));
}

double number_setting(Session& session, const std::string& key, double low, double high) {
  const double value = session.settings().number(key);
  if (!(value >= low && value <= high)) {
    refuse(key, fmt::format("{}", value), fmt::format("{} to {}", low, high));
  }
  return value;
}

// "q_proj,v_proj"; "all" is every one, which is none named.
std::vector<std::string> target_modules(const std::string& key, const std::string& text) {
  std::vector<std::string> modules;
  if (text == "all") return modules;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    modules.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const auto& known = LoraAdapter::kTargetModules;
  for (const std::string& module : modules) {
    if (std::find(known.begin(), known.end(), module) == known.end()) {
      refuse(key, text, fmt::format("all, or some of {}", fmt::join(known, ",")));
    }
  }
  return modules;
}

}  // namespace

size_t size_setting(Session& session, const std::string& key, size_t low, size_t high) {
  const long long value = session.settings().integer(key);
  if (value < 0 || static_cast<size_t>(value) < low || static_cast<size_t>(value) > high) {
    refuse(key, std::to_string(value), fmt::format("{} to {}", low, high));
  }
  return static_cast<size_t>(value);
}

double positive_setting(Session& session, const std::string& key) {
  const double value = session.settings().number(key);
  if (!(value > 0)) refuse(key, fmt::format("{}", value), "a number above 0");
  return value;
}

TrainingFolders training_folders(Session& session) {
  const Workspace& workspace = session.workspace();
  return {workspace.tokenizer(), workspace.base_model(), workspace.sft_model(),
          workspace.dpo_model(), workspace.runs()};
}

double test_share(Session& session) {
  const double share = session.settings().number("split.test_share");
  if (!(share >= 0 && share < 1)) {
    refuse("split.test_share", fmt::format("{}", share), "0 or more and less than 1");
  }
  return share;
}

TokenizerTraining tokenizer_training(Session& session) {
  TokenizerTraining options;
  options.vocab_size = size_setting(session, "train.tokenizer.vocab_size", 512, 1'000'000);
  return options;
}

BaseTraining base_training(Session& session) {
  BaseTraining options;
  DecoderConfig& shape = options.shape;
  shape.hidden_size = size_setting(session, "train.base.hidden_size", 16, 65536);
  shape.num_hidden_layers = size_setting(session, "train.base.num_hidden_layers", 1, 1024);
  shape.num_attention_heads = size_setting(session, "train.base.num_attention_heads", 1, 1024);
  shape.num_key_value_heads = size_setting(session, "train.base.num_key_value_heads", 1, 1024);
  if (shape.hidden_size % shape.num_attention_heads != 0) {
    refuse("train.base.num_attention_heads", std::to_string(shape.num_attention_heads),
           fmt::format("a divisor of train.base.hidden_size ({})", shape.hidden_size));
  }
  shape.head_dim = shape.hidden_size / shape.num_attention_heads;
  shape.intermediate_size = size_setting(session, "train.base.intermediate_size", 16, 1 << 20);
  shape.max_position_embeddings = size_setting(session, "train.base.context", 64, 1 << 20);
  shape.tie_word_embeddings = true;
  options.steps = size_setting(session, "train.base.steps", 0, kMaxSteps);
  options.batch_tokens = size_setting(session, "train.base.batch_tokens", 64, 1 << 24);
  options.learning_rate = positive_setting(session, "train.base.learning_rate");
  options.checkpoint_every = size_setting(session, "train.checkpoint_every", 1, kMaxSteps);
  options.seed = seed_setting(session, "train.seed");
  return options;
}

FineTuning fine_tuning(Session& session, const std::string& group) {
  FineTuning options;
  const Settings& settings = session.settings();
  const std::string& method = settings.text(group + ".method");
  if (method != "lora" && method != "full") refuse(group + ".method", method, "lora or full");
  options.lora = method == "lora";
  options.r = size_setting(session, group + ".r", 1, 4096);
  options.lora_alpha = positive_setting(session, group + ".lora_alpha");
  options.use_rslora = settings.boolean(group + ".use_rslora");
  options.use_dora = settings.boolean(group + ".use_dora");
  const std::string& compute = settings.text(group + ".compute");
  if (compute != "f32" && compute != "bf16") refuse(group + ".compute", compute, "f32 or bf16");
  options.bf16 = compute == "bf16";
  options.gradient_checkpointing = settings.boolean(group + ".gradient_checkpointing");
  options.target_modules =
      target_modules(group + ".target_modules", settings.text(group + ".target_modules"));
  options.epochs = positive_setting(session, group + ".epochs");
  options.batch_tokens = size_setting(session, group + ".batch_tokens", 64, 1 << 24);
  options.accumulate = size_setting(session, group + ".accumulate", 1, 1 << 20);
  options.learning_rate = positive_setting(session, group + ".learning_rate");
  const std::string& schedule = settings.text(group + ".schedule");
  if (schedule == "linear") {
    options.schedule = Schedule::kLinear;
  } else if (schedule == "cosine") {
    options.schedule = Schedule::kCosine;
  } else if (schedule == "constant") {
    options.schedule = Schedule::kConstant;
  } else {
    refuse(group + ".schedule", schedule, "linear, cosine or constant");
  }
  options.final_ratio = number_setting(session, group + ".final_ratio", 0, 1);
  options.warmup_ratio = number_setting(session, group + ".warmup_ratio", 0, 1);
  const std::string& optimizer = settings.text(group + ".optimizer");
  if (optimizer != "adamw" && optimizer != "adamw_8bit") {
    refuse(group + ".optimizer", optimizer, "adamw or adamw_8bit");
  }
  options.byte_moments = optimizer == "adamw_8bit";
  options.weight_decay = number_setting(session, group + ".weight_decay", 0, 100);
  options.max_grad_norm = number_setting(session, group + ".max_grad_norm", 0, 1e9);
  options.checkpoint_every = size_setting(session, "train.checkpoint_every", 1, kMaxSteps);
  options.seed = seed_setting(session, "train.seed");
  return options;
}

namespace {

// With what SFT alone has.
FineTuning sft_tuning(Session& session) {
  FineTuning options = fine_tuning(session, "train.sft");
  options.lora_dropout = number_setting(session, "train.sft.lora_dropout", 0, 0.99);
  options.neftune_alpha = number_setting(session, "train.sft.neftune_alpha", 0, 1000);
  return options;
}

}  // namespace

SftTraining sft_training(Session& session) {
  SftTraining options;
  static_cast<FineTuning&>(options) = sft_tuning(session);
  options.author_id = session.author().id;
  return options;
}

ExampleTraining example_training(Session& session) {
  ExampleTraining options;
  static_cast<FineTuning&>(options) = sft_tuning(session);
  options.context = size_setting(session, "train.sft.context", 0, 1 << 24);
  const std::string& loss_on = session.settings().text("train.sft.loss_on");
  if (loss_on != "completions" && loss_on != "all") {
    refuse("train.sft.loss_on", loss_on, "completions or all");
  }
  options.loss_on_all = loss_on == "all";
  options.validation_share = number_setting(session, "train.sft.validation_share", 0, 0.99);
  options.validate_every = size_setting(session, "train.sft.validate_every", 0, kMaxSteps);
  options.patience = size_setting(session, "train.sft.patience", 0, kMaxSteps);
  options.max_copied_share = number_setting(session, "train.sft.max_copied_share", 0, 1);
  return options;
}

namespace {

// `automatic_weight`: what an SFT weight of "auto" is.
PreferenceTuning preference_tuning(Session& session, float automatic_weight) {
  PreferenceTuning options;
  static_cast<FineTuning&>(options) = fine_tuning(session, "train.dpo");
  options.preference.loss = preference_loss_named(session.settings().text("train.dpo.loss"));
  options.preference.beta = static_cast<float>(positive_setting(session, "train.dpo.beta"));
  options.preference.label_smoothing =
      static_cast<float>(number_setting(session, "train.dpo.label_smoothing", 0, 0.5));
  if (options.preference.loss == PreferenceLoss::kIpo && options.preference.label_smoothing > 0) {
    throw Error(ErrorCode::kUsage, "train.dpo.label_smoothing goes with sigmoid losses, not ipo");
  }
  const bool automatic = session.settings().text("train.dpo.sft_weight") == "auto";
  options.preference.sft_weight =
      automatic ? automatic_weight
                : static_cast<float>(number_setting(session, "train.dpo.sft_weight", 0, 1e6));
  options.context = size_setting(session, "train.dpo.context", 0, 1 << 24);
  options.validation_share = number_setting(session, "train.dpo.validation_share", 0, 0.99);
  options.validate_every = size_setting(session, "train.dpo.validate_every", 0, kMaxSteps);
  options.patience = size_setting(session, "train.dpo.patience", 0, kMaxSteps);
  return options;
}

}  // namespace

PreferenceTraining preference_training(Session& session) {
  PreferenceTraining options;
  static_cast<PreferenceTuning&>(options) = preference_tuning(session, 0);
  return options;
}

OwnPreferenceTraining own_preference_training(Session& session) {
  OwnPreferenceTraining options;
  // Without it the passages themselves become less likely, only less so than the answers
  // (docs/training.md has the figures).
  static_cast<PreferenceTuning&>(options) = preference_tuning(session, 1);
  options.author_id = session.author().id;
  options.passages = size_setting(session, "train.dpo.passages", 0, kMaxSteps);
  options.sampling = sampling_settings(session);
  options.sampling.seed = options.seed;
  return options;
}

}  // namespace twin
