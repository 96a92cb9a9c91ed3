#pragma once

#include <exception>
#include <optional>

#include "engine/generate/batch_generator.h"
#include "engine/generate/lookup.h"
#include "engine/generate/text_stream.h"

namespace twin {

// One request's state. Read and written by whoever steps, but for what the generator's mutex
// guards.
class BatchGenerator::Job {
 public:
  Job(GenerationRequest r, const DecoderConfig& config);

  // The tokens the next step computes for it: the last one and guesses, at most `room` in all.
  // guess_cost: as Lookup::guess() takes it.
  void next_tokens(size_t room, double guess_cost, std::vector<int32_t>& tokens);
  // Takes the token chosen of its logits. Returns whether the text goes on; else `result` says why.
  bool take(int32_t id);
  // Where a grammar ends the text before a token is chosen: false.
  bool choose(std::span<float> logits, int32_t& id);
  // The text that was held back, and what is known at the end.
  void close();

  bool prompt_done() const { return computed >= request.prompt.size(); }

  GenerationRequest request;
  Sampler sampler;
  std::optional<TextStream> text;
  Lookup lookup;
  std::unique_ptr<KvCache> cache;   // while active
  size_t computed = 0;              // tokens of the prompt in the cache
  bool begun = false;               // the shared prefix has been looked for
  std::vector<float> first_hidden;  // of the prompt's last token, where it was there already
  std::vector<int32_t> guesses;     // behind the last token, being verified
  Generation result;

  std::exception_ptr error;
  bool cancelled = false;
  bool done = false;
};

}  // namespace twin
