#include "cli/command.h"

namespace twin {

std::vector<SettingInfo> known_settings() {
  return {
      {"author", "", "full name of the person the twin is of"},
      {"collect.max_file_bytes", "52428800", "files longer than this many bytes are skipped"},
      {"features.chunk.target_tokens", "192", "tokens a chunk is filled up to"},
      {"features.chunk.max_tokens", "320",
       "tokens a chunk never exceeds, but for one long sentence"},
      {"split.test_share", "0.15", "share of each author's documents kept out of all training"},
      {"train.tokenizer.vocab_size", "4096", "tokens of a vocabulary trained here"},
      {"train.base.hidden_size", "192", "width of the base model trained from scratch"},
      {"train.base.num_hidden_layers", "4", "layers of the base model"},
      {"train.base.num_attention_heads", "6", "attention heads of the base model"},
      {"train.base.num_key_value_heads", "2", "key-value heads of the base model"},
      {"train.base.intermediate_size", "512",
       "inner width of the base model's feed-forward layers"},
      {"train.base.context", "512", "longest sequence of the base model, in tokens"},
      {"train.base.steps", "0",
       "training steps of the base model; 0: five passes over the texts, at most 500 steps"},
      {"train.base.batch_tokens", "2048", "tokens per training step of the base model"},
      {"train.base.learning_rate", "0.002", "peak learning rate of the base model"},
      {"train.sft.method", "lora", "lora (adapter) or full (all weights)"},
      {"train.sft.r", "16", "rank of the LoRA adapter"},
      {"train.sft.lora_alpha", "32", "scale of the LoRA adapter"},
      {"train.sft.epochs", "2", "passes over the author's samples"},
      {"train.sft.batch_tokens", "2048", "tokens per training step of SFT"},
      {"train.sft.learning_rate", "0.002", "peak learning rate of SFT"},
      {"train.checkpoint_every", "25", "steps between checkpoints"},
      {"train.seed", "1", "seed of initial weights and of the order of samples"},
      {"evaluate.passages", "12", "passages generated per model for the style table"},
      {"evaluate.seed", "1", "seed of generation and of the bootstrap"},
      {"write.temperature", "0.8", "randomness of drafts; 0 always takes the likeliest token"},
      {"write.top_k", "50", "choose among this many likeliest tokens; 0: all"},
      {"write.top_p", "0.95", "choose among the likeliest tokens of this total probability"},
      {"write.words", "120", "words a draft has at least: the model is asked to go on"},
      {"write.max_new_tokens", "256", "longest single answer of the model, in tokens"},
      {"write.k", "5", "passages a draft leans on"},
      {"write.seed", "1", "seed of drafts: the same request and seed give the same draft"},
      {"serve.host", "127.0.0.1", "address the service listens on"},
      {"serve.port", "8000", "port the service listens on"},
      {"threads", "0", "threads to compute with; 0: one per processor"},
  };
}

}  // namespace twin
