#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/generate/generate.h"
#include "engine/generate/prefix_cache.h"
#include "engine/generate/step_cost.h"

namespace twin {

struct BatchOptions {
  size_t max_requests = 32;                     // written at a time; the others wait in order
  size_t max_cache_bytes = size_t{4} << 30;     // of the keys and values of those
  size_t max_prefix_bytes = size_t{512} << 20;  // of prompts kept for later ones; 0: none
  // What verifying a guess costs (Lookup::guess); 0: as the steps' times show.
  double guess_cost = 0;
};

// Writes several texts together (continuous batching): each step computes one token of every text
// that is being written and a piece of the prompts that have joined, so that the weights are read
// once for all. Requests join and leave at any step.
//
// Each text is the same, bit for bit, as if it were written alone: a segment's result does not
// depend on its batch (Decoder), and a prompt's pieces depend on it alone (next_cut). What prompts
// have in common, with the same adapter, is computed once. Requests are admitted first come, first
// served; where the next does not fit, it waits for others to end.
//
// Thread-safety: any thread may submit, cancel and wait. Whoever waits does the work: one thread at
// a time steps for all, so callbacks run on any waiting thread, one at a time. An error in a
// request (a callback throws, its logits are broken) ends that request alone; an interrupt ends
// all.
class BatchGenerator {
 public:
  class Job;  // a request and what has become of it
  using Ticket = std::shared_ptr<Job>;

  // The decoder outlives the generator; nobody else calls it meanwhile.
  BatchGenerator(Context& context, Decoder& decoder, const BatchOptions& options = {});
  ~BatchGenerator();

  // Errors, before anything is computed: those of check_sampling; kBadInput, with the numbers,
  // where prompt + max_new_tokens exceed max_position_embeddings, a prompt's token is outside the
  // vocabulary or the grammar's shortest output is too long; kDoesNotFit where the request's keys
  // and values alone exceed max_cache_bytes.
  Ticket submit(GenerationRequest request);
  // The request ends at the next step with what it has written: FinishReason::kCancelled.
  void cancel(const Ticket& ticket);
  // Works until the request has ended; once per ticket. Errors: whatever ended it.
  Generation wait(const Ticket& ticket);

  // One step for all; false: there is nothing to do. Waits while another thread steps.
  bool step();

 private:
  struct Piece;

  void run_step();
  void drop_cancelled();
  void admit();
  bool begin_prompt(Job& job);
  std::vector<Piece> plan();
  void compute(const std::vector<Piece>& pieces);
  double guess_cost() const;
  void take(Job& job, std::span<float> logits);
  void finish(Job& job, std::exception_ptr error);
  void finish_all(const std::exception_ptr& error);

  Context& context_;
  Decoder& decoder_;
  BatchOptions options_;
  PrefixCache prefixes_;

  std::mutex mutex_;  // queue_, stepping_, steps_, and each job's `done` and `cancelled`
  std::condition_variable changed_;
  bool stepping_ = false;
  uint64_t steps_ = 0;  // that have ended
  std::deque<Ticket> queue_;

  // Whoever steps:
  std::vector<Ticket> active_;  // in the order they came
  size_t cache_bytes_ = 0;
  StepCost cost_;
  std::vector<int32_t> tokens_;
  std::vector<float> hidden_, rows_, logits_;
};

}  // namespace twin
