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

}  // namespace twin
