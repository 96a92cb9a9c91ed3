#include "engine/generate/batch_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "engine/generate/batch_job.h"

namespace twin {
namespace {

// Runs until it is paused.
class Stopwatch {
 public:
  void pause() { seconds_ += std::chrono::duration<double>(Clock::now() - since_).count(); }
  void go_on() { since_ = Clock::now(); }
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point since_ = Clock::now();
  double seconds_ = 0;
};

constexpr size_t kPromptTokens = 512;             // of prompts, in one step
constexpr size_t kLogitBytes = size_t{64} << 20;  // computed at a time

}  // namespace

// What a step computes for one job.
struct BatchGenerator::Piece {
  Job* job;
  size_t length;
  bool prompt;
};

BatchGenerator::BatchGenerator(Context& context, Decoder& decoder, const BatchOptions& options)
    : context_(context),
      decoder_(decoder),
      options_(options),
      prefixes_(decoder.config(), options.max_prefix_bytes) {
  TWIN_CHECK(options.max_requests > 0);
}

BatchGenerator::~BatchGenerator() = default;

BatchGenerator::Ticket BatchGenerator::submit(GenerationRequest request) {
  const DecoderConfig& config = decoder_.config();
  const SamplingOptions& sampling = request.sampling;
  TWIN_CHECK(!request.prompt.empty());
  TWIN_CHECK(request.tokenizer != nullptr || (sampling.stop_strings.empty() && !request.on_text));
  const size_t length = request.prompt.size() + sampling.max_new_tokens;
  if (length > config.max_position_embeddings) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{} prompt tokens and up to {} new ones are more than the {} the model "
                            "takes; shorten the prompt or lower max_new_tokens",
                            request.prompt.size(), sampling.max_new_tokens,
                            config.max_position_embeddings));
  }
  for (const int32_t token : request.prompt) {
    if (token < 0 || static_cast<size_t>(token) >= config.vocab_size) {
      throw Error(ErrorCode::kBadInput, fmt::format("token id {} is outside the vocabulary of {}",
                                                    token, config.vocab_size));
    }
  }
  const size_t bytes = KvCache::bytes(config, length);
  if (bytes > options_.max_cache_bytes) {
    throw Error(
        ErrorCode::kDoesNotFit,
        fmt::format("the keys and values of {} tokens take {} bytes; {} are allowed for all "
                    "texts together: shorten the prompt or lower max_new_tokens",
                    length, bytes, options_.max_cache_bytes));
  }
  auto job = std::make_shared<Job>(std::move(request), config);
  const std::lock_guard lock(mutex_);
  queue_.push_back(job);
  return job;
}

void BatchGenerator::cancel(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  ticket->cancelled = true;
}

Generation BatchGenerator::wait(const Ticket& ticket) {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (ticket->done) break;
    }
    step();
  }
  if (ticket->error) std::rethrow_exception(ticket->error);
  return std::move(ticket->result);
}

bool BatchGenerator::step() {
  std::unique_lock lock(mutex_);
  if (stepping_) {  // another thread's step serves us as well
    // Not until nobody steps: whoever steps for a long text would begin the next step before a
    // thread whose text has ended woke.
    changed_.wait(lock, [&, now = steps_] { return steps_ != now; });
    return true;
  }
  stepping_ = true;
  lock.unlock();
  try {
    run_step();
  } catch (...) {
    // The whole step failed: interrupted, or out of memory.
    finish_all(std::current_exception());
  }
  lock.lock();
  stepping_ = false;
  ++steps_;
  changed_.notify_all();
  return !active_.empty() || !queue_.empty();
}

void BatchGenerator::run_step() {
  stop_if_interrupted(context_);
  drop_cancelled();
  admit();
  const std::vector<Piece> pieces = plan();
  if (!pieces.empty()) compute(pieces);
}

void BatchGenerator::drop_cancelled() {
  std::vector<Ticket> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const Ticket& job : active_) {
      if (job->cancelled) gone.push_back(job);
    }
    const auto waiting = std::stable_partition(queue_.begin(), queue_.end(),
                                               [](const Ticket& job) { return !job->cancelled; });
    for (auto it = waiting; it != queue_.end(); ++it) {
      (*it)->result.reason = FinishReason::kCancelled;
      (*it)->done = true;
    }
    queue_.erase(waiting, queue_.end());
  }
  for (const Ticket& job : gone) {
    job->result.reason = FinishReason::kCancelled;
    finish(*job, nullptr);
  }
}

// Takes requests from the queue, in order, as long as there is room.
void BatchGenerator::admit() {
  while (active_.size() < options_.max_requests) {
    Ticket job;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) return;
      job = queue_.front();
    }
    const size_t length = job->request.prompt.size() + job->request.sampling.max_new_tokens;
    const size_t bytes = KvCache::bytes(decoder_.config(), length);
    if (cache_bytes_ + bytes > options_.max_cache_bytes) return;
    {
      const std::lock_guard lock(mutex_);
      queue_.pop_front();
      if (job->request.sampling.max_new_tokens == 0) {  // nothing to write
        job->done = true;
        continue;
      }
    }
    active_.push_back(job);
    cache_bytes_ += bytes;
    try {
      job->cache = std::make_unique<KvCache>(decoder_.config(), length);
    } catch (...) {
      finish(*job, std::current_exception());
    }
  }
}

// Copies what is there of the prompt. False: another job is computing more of it; wait for that.
bool BatchGenerator::begin_prompt(Job& job) {
  if (job.begun) return true;
  const LoraAdapter* adapter = job.request.adapter.get();
  const PrefixCache::Entry* entry = nullptr;
  const size_t kept = prefixes_.find(job.request.prompt, adapter, &entry);
  if (options_.max_prefix_bytes > 0) {
    for (const Ticket& other : active_) {
      if (other.get() == &job) break;  // those that came later wait for us
      if (other->prompt_done() || other->request.adapter.get() != adapter) continue;
      if (KvCache::bytes(decoder_.config(), other->request.prompt.size() + 64) >
          options_.max_prefix_bytes) {
        continue;  // it will not be kept
      }
      if (shared_cut(job.request.prompt, other->request.prompt) > kept) return false;
    }
  }
  job.begun = true;
  if (kept > 0) {
    job.cache->copy_prefix(entry->cache, kept);
    job.computed = kept;
    job.result.reused_prompt_tokens = kept;
    if (job.prompt_done()) job.first_hidden = entry->last_hidden;
  }
  return true;
}

std::vector<BatchGenerator::Piece> BatchGenerator::plan() {
  std::vector<Piece> pieces;
  tokens_.clear();
  size_t prompt_room = kPromptTokens;
  const double cost = guess_cost();
  for (const Ticket& job : active_) {
    const size_t before = tokens_.size();
    if (job->prompt_done() && !job->result.ids.empty()) {
      job->next_tokens(kFewTokens, cost, tokens_);
      pieces.push_back({job.get(), tokens_.size() - before, false});
      continue;
    }
    if (!begin_prompt(*job)) continue;
    const std::vector<int32_t>& prompt = job->request.prompt;
    const size_t end = job->prompt_done() ? job->computed : next_cut(job->computed, prompt.size());
    const size_t length = end - job->computed;
    // The first always fits; others share what is left of the step.
    if (length > prompt_room) continue;
    prompt_room -= length;
    tokens_.insert(tokens_.end(), prompt.begin() + static_cast<ptrdiff_t>(job->computed),
                   prompt.begin() + static_cast<ptrdiff_t>(end));
    pieces.push_back({job.get(), length, true});
  }
  return pieces;
}

// What verifying a guess costs beside the texts that are being written.
double BatchGenerator::guess_cost() const {
  if (options_.guess_cost > 0) return options_.guess_cost;
  const auto writing = std::count_if(active_.begin(), active_.end(), [](const Ticket& job) {
    return job->prompt_done() && !job->result.ids.empty();
  });
  return cost_.of_one_more(std::max<size_t>(1, static_cast<size_t>(writing)));
}

void BatchGenerator::compute(const std::vector<Piece>& pieces) {
  const size_t C = decoder_.config().hidden_size, V = decoder_.config().vocab_size;
  std::vector<Segment> segments;
  for (const Piece& piece : pieces) {
    if (piece.length == 0) continue;
    segments.push_back({piece.length, piece.job->cache.get(), piece.job->request.adapter.get()});
  }
  hidden_.resize(std::max(hidden_.size(), tokens_.size() * C));
  Stopwatch watch;
  if (!segments.empty()) {
    decoder_.forward({tokens_, segments}, std::span(hidden_).first(tokens_.size() * C));
  }
  watch.pause();
  // The rows whose logits are needed: all of a text's, the last of a whole prompt.
  rows_.clear();
  std::vector<std::pair<const Piece*, size_t>> wanted;  // and how many rows
  size_t first = 0;
  for (const Piece& piece : pieces) {
    Job& job = *piece.job;
    const std::span<const float> hidden = std::span(hidden_).subspan(first * C, piece.length * C);
    first += piece.length;
    if (!piece.prompt) {
      rows_.insert(rows_.end(), hidden.begin(), hidden.end());
      wanted.push_back({&piece, piece.length});
      continue;
    }
    job.computed += piece.length;
    if (!job.prompt_done()) continue;
    if (piece.length > 0) {
      const std::span<const float> last = hidden.last(C);
      prefixes_.keep(job.request.prompt, job.request.adapter, *job.cache, last);
      rows_.insert(rows_.end(), last.begin(), last.end());
    } else {
      rows_.insert(rows_.end(), job.first_hidden.begin(), job.first_hidden.end());
    }
    wanted.push_back({&piece, 1});
  }
  const size_t at_once = std::max<size_t>(kFewTokens, kLogitBytes / (V * sizeof(float)));
  for (size_t i = 0, row = 0; i < wanted.size();) {
    size_t count = 0, end = i;
    while (end < wanted.size() && (end == i || count + wanted[end].second <= at_once)) {
      count += wanted[end++].second;
    }
    logits_.resize(std::max(logits_.size(), count * V));
    watch.go_on();
    decoder_.logits(std::span(rows_).subspan(row * C, count * C),
                    std::span(logits_).first(count * V));
    watch.pause();
    row += count;
    for (size_t at = 0; i < end; ++i) {
      const size_t rows = wanted[i].second;
      take(*wanted[i].first->job, std::span(logits_).subspan(at * V, rows * V));
      at += rows;
    }
  }
  const bool prompts = std::any_of(pieces.begin(), pieces.end(), [](auto& p) { return p.prompt; });
  if (!prompts && !tokens_.empty()) cost_.tell(tokens_.size(), watch.seconds());
}

// Chooses tokens from a job's rows of logits (rows, V): one, and one more for each guess that was
// right.
void BatchGenerator::take(Job& job, std::span<float> logits) {
  const size_t V = decoder_.config().vocab_size, rows = logits.size() / V;
  try {
    const size_t known = job.cache->length() - (rows - 1);  // behind the last certain token
    size_t right = 0;
    for (size_t row = 0;; ++row) {
      int32_t id = 0;
      const bool go_on = job.choose(logits.subspan(row * V, V), id) && job.take(id);
      const bool guessed = row < job.guesses.size() && job.guesses[row] == id;
      right += guessed;
      if (!go_on) {
        job.lookup.tell(right);
        finish(job, nullptr);
        return;
      }
      if (!guessed) break;
    }
    job.lookup.tell(right);
    job.guesses.clear();
    job.cache->truncate(known + right);
  } catch (...) {
    finish(job, std::current_exception());
  }
}

void BatchGenerator::finish(Job& job, std::exception_ptr error) {
  try {
    if (!error) job.close();
  } catch (...) {
    error = std::current_exception();
  }
  const auto at = std::find_if(active_.begin(), active_.end(),
                               [&](const Ticket& ticket) { return ticket.get() == &job; });
  TWIN_CHECK(at != active_.end());
  cache_bytes_ -= KvCache::bytes(decoder_.config(),
                                 job.request.prompt.size() + job.request.sampling.max_new_tokens);
  job.cache.reset();
  const Ticket keep = *at;
  active_.erase(at);
  const std::lock_guard lock(mutex_);
  job.error = std::move(error);
  job.done = true;
}

void BatchGenerator::finish_all(const std::exception_ptr& error) {
  while (!active_.empty()) finish(*active_.back(), error);
  const std::lock_guard lock(mutex_);
  for (const Ticket& job : queue_) {
    job->error = error;
    job->done = true;
  }
  queue_.clear();
}

}  // namespace twin
