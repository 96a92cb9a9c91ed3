#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "engine/learn/adamw.h"

namespace twin {

// Where a training run stands. The file is safetensors (docs/formats/checkpoint.md): the trained
// parameters, both moments, and in its metadata these numbers and a SHA-256 over it all.
struct TrainingPosition {
  size_t step = 0;                   // optimiser steps done
  size_t next_batch = 0;             // of the current epoch's packed batches
  std::array<uint64_t, 4> random{};  // the generator's state before the current epoch was shuffled
  // What validation has found (trainer.h).
  size_t best_step = 0;  // 0: none yet
  double best_loss = 0;
  size_t waited = 0;     // validations since the best
  bool stopped = false;  // the run is to end here
};

// Replaces `file` atomically.
void save_checkpoint(const std::filesystem::path& file, const std::string& key,
                     const TrainingPosition& progress, std::span<const float> parameters,
                     const AdamWState& adamw);

// Restores parameters and moments and returns where to go on; nothing where the file is absent,
// made under another key or of other shapes. Errors: kBadInput where it is damaged.
std::optional<TrainingPosition> load_checkpoint(const std::filesystem::path& file,
                                                const std::string& key, std::span<float> parameters,
                                                AdamWState& adamw);

// The parameters that validated best, kept beside the checkpoint. Replaces `file` atomically.
void save_best(const std::filesystem::path& file, const std::string& key, size_t step,
               std::span<const float> parameters);
// Restores them. Errors: kBadInput where the file is absent, damaged, or holds those of another run
// or step.
void load_best(const std::filesystem::path& file, const std::string& key, size_t step,
               std::span<float> parameters);

}  // namespace twin
