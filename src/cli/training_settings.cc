#include "cli/training_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kMaxSteps = 100'000'000;

[[noreturn]] void refuse(const char* key, const std::string& value, const std::string& expected) {
  throw Error(ErrorCode::kUsage,
              fmt::format("setting {} is {}; expected {}", key, value, expected));
}

uint64_t seed_setting(Session& session, const char* key) {
  return static_cast<uint64_t>(session.settings().integer(key));
}

double number_setting(Session& session, const char* key, double low, double high) {
  const double value = session.settings().number(key);
  if (!(value >= low && value <= high)) {
    refuse(key, fmt::format("{}", value), fmt::format("{} to {}", low, high));
  }
  return value;
}

// "q_proj,v_proj"; "all" is every one, which is none named.
std::vector<std::string> target_modules(const std::string& text) {
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
      refuse("train.sft.target_modules", text,
             fmt::format("all, or some of {}", fmt::join(known, ",")));
    }
  }
  return modules;
}

}  // namespace

size_t size_setting(Session& session, const char* key, size_t low, size_t high) {
  const long long value = session.settings().integer(key);
  if (value < 0 || static_cast<size_t>(value) < low || static_cast<size_t>(value) > high) {
    refuse(key, std::to_string(value), fmt::format("{} to {}", low, high));
  }
  return static_cast<size_t>(value);
}

double positive_setting(Session& session, const char* key) {
  const double value = session.settings().number(key);
  if (!(value > 0)) refuse(key, fmt::format("{}", value), "a number above 0");
  return value;
}

TrainingFolders training_folders(Session& session) {
  const Workspace& workspace = session.workspace();
  return {workspace.tokenizer(), workspace.base_model(), workspace.sft_model(), workspace.runs()};
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

FineTuning fine_tuning(Session& session) {
  FineTuning options;
  const Settings& settings = session.settings();
  const std::string& method = settings.text("train.sft.method");
  if (method != "lora" && method != "full") refuse("train.sft.method", method, "lora or full");
  options.lora = method == "lora";
  options.r = size_setting(session, "train.sft.r", 1, 4096);
  options.lora_alpha = positive_setting(session, "train.sft.lora_alpha");
  options.use_rslora = settings.boolean("train.sft.use_rslora");
  options.use_dora = settings.boolean("train.sft.use_dora");
  options.lora_dropout = number_setting(session, "train.sft.lora_dropout", 0, 0.99);
  options.neftune_alpha = number_setting(session, "train.sft.neftune_alpha", 0, 1000);
  const std::string& compute = settings.text("train.sft.compute");
  if (compute != "f32" && compute != "bf16") refuse("train.sft.compute", compute, "f32 or bf16");
  options.bf16 = compute == "bf16";
  options.gradient_checkpointing = settings.boolean("train.sft.gradient_checkpointing");
  options.target_modules = target_modules(settings.text("train.sft.target_modules"));
  options.epochs = positive_setting(session, "train.sft.epochs");
  options.batch_tokens = size_setting(session, "train.sft.batch_tokens", 64, 1 << 24);
  options.accumulate = size_setting(session, "train.sft.accumulate", 1, 1 << 20);
  options.learning_rate = positive_setting(session, "train.sft.learning_rate");
  const std::string& schedule = settings.text("train.sft.schedule");
  if (schedule == "linear") {
    options.schedule = Schedule::kLinear;
  } else if (schedule == "cosine") {
    options.schedule = Schedule::kCosine;
  } else if (schedule == "constant") {
    options.schedule = Schedule::kConstant;
  } else {
    refuse("train.sft.schedule", schedule, "linear, cosine or constant");
  }
  options.final_ratio = number_setting(session, "train.sft.final_ratio", 0, 1);
  options.warmup_ratio = number_setting(session, "train.sft.warmup_ratio", 0, 1);
  options.weight_decay = number_setting(session, "train.sft.weight_decay", 0, 100);
  options.max_grad_norm = number_setting(session, "train.sft.max_grad_norm", 0, 1e9);
  options.checkpoint_every = size_setting(session, "train.checkpoint_every", 1, kMaxSteps);
  options.seed = seed_setting(session, "train.seed");
  return options;
}

SftTraining sft_training(Session& session) {
  SftTraining options;
  static_cast<FineTuning&>(options) = fine_tuning(session);
  options.author_id = session.author().id;
  return options;
}

ExampleTraining example_training(Session& session) {
  ExampleTraining options;
  static_cast<FineTuning&>(options) = fine_tuning(session);
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

}  // namespace twin
