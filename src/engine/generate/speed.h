#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/context.h"
#include "engine/kernels/kernels.h"

namespace twin {

struct SpeedOptions {
  size_t prompt = 512;     // tokens read at once
  size_t new_tokens = 64;  // tokens written one by one behind them
  size_t requests = 8;     // written together; 0: not measured
  size_t repeat = 3;       // each measurement, after one that does not count
};

// Tokens per second of several runs.
struct Rate {
  double median = 0, lowest = 0, highest = 0;
};

// How fast a model runs here, and what that cost.
struct GenerationSpeed {
  std::string dtype;               // of the layers' matrices
  uint64_t weight_bytes = 0;       // as stored
  uint64_t cache_bytes = 0;        // of one request
  double load_seconds = 0;         // until the model can be asked
  double first_token_seconds = 0;  // load_seconds and the first token behind a prompt of 16
  Rate prefill;
  Rate decode;              // one request, greedy
  Rate batch_decode;        // all requests' tokens together
  uint64_t peak_bytes = 0;  // of the process, after the runs of one request
  // What the limits are held against: bytes that one decoded token has to read (weights, and the
  // cache at the middle of the run), operations in matrix products of one prompt token (two per
  // multiply-add; the output matrix is applied to the last token alone and does not count).
  double read_bytes_per_token = 0;
  double operations_per_prompt_token = 0;
};

// Measures the model at `path` with all of the context's threads. The prompt is made of arbitrary
// ids. Checks first that requests decoded together get the tokens that one alone gets. Errors:
// those of open_model; kUsage where prompt and new tokens exceed what the model takes; kFailed
// where that check fails.
GenerationSpeed measure_generation(Context& context, const kernels::Kernels& kernels,
                                   const std::filesystem::path& path, const SpeedOptions& options);

}  // namespace twin
