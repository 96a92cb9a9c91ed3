#include "cli/training_settings.h"

#include <fmt/format.h>

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

SftTraining sft_training(Session& session) {
  SftTraining options;
  options.author_id = session.author().id;
  const std::string& method = session.settings().text("train.sft.method");
  if (method != "lora" && method != "full") refuse("train.sft.method", method, "lora or full");
  options.lora = method == "lora";
  options.r = size_setting(session, "train.sft.r", 1, 4096);
  options.lora_alpha = positive_setting(session, "train.sft.lora_alpha");
  options.epochs = positive_setting(session, "train.sft.epochs");
  options.batch_tokens = size_setting(session, "train.sft.batch_tokens", 64, 1 << 24);
  options.learning_rate = positive_setting(session, "train.sft.learning_rate");
  options.checkpoint_every = size_setting(session, "train.checkpoint_every", 1, kMaxSteps);
  options.seed = seed_setting(session, "train.seed");
  return options;
}

}  // namespace twin
