#include "engine/generate/speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "engine/formats/model_folder.h"
#include "engine/model/decoder.h"

namespace twin {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kFirstPrompt = 16;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Some ids, spread over the vocabulary.
std::vector<int32_t> some_tokens(size_t count, size_t vocab_size) {
  std::vector<int32_t> ids(count);
  for (size_t i = 0; i < count; ++i) ids[i] = static_cast<int32_t>(i * 7919 % vocab_size);
  return ids;
}

Rate summary(std::vector<double> rates) {
  std::sort(rates.begin(), rates.end());
  return {rates[rates.size() / 2], rates.front(), rates.back()};
}

// Requests that are decoded together, each with a cache of its own.
class Requests {
 public:
  Requests(Decoder& decoder, size_t count, size_t capacity, size_t prompt)
      : decoder_(decoder),
        hidden_(std::max(count, prompt) * decoder.config().hidden_size),
        logits_(count * decoder.config().vocab_size),
        next_(count) {
    for (size_t i = 0; i < count; ++i) caches_.emplace_back(decoder.config(), capacity);
  }

  // Reads the prompt into the first request's cache.
  void prefill(std::span<const int32_t> prompt) {
    const DecoderConfig& config = decoder_.config();
    caches_.front().truncate(0);
    const Segment segment{prompt.size(), &caches_.front(), nullptr};
    const std::span<float> hidden(hidden_.data(), prompt.size() * config.hidden_size);
    const std::span<float> logits(logits_.data(), config.vocab_size);
    decoder_.forward({prompt, {&segment, 1}}, hidden);
    decoder_.logits(hidden.last(config.hidden_size), logits);
    next_.front() = likeliest(0);
  }

  // Every request goes on from the first `length` positions of the first one's cache.
  void share_prefix(const Requests& from, size_t length) {
    for (KvCache& cache : caches_) cache.copy_prefix(from.caches_.front(), length);
    std::fill(next_.begin(), next_.end(), from.next_.front());
  }

  void rewind(size_t length, int32_t next) {
    for (KvCache& cache : caches_) cache.truncate(length);
    std::fill(next_.begin(), next_.end(), next);
  }

  // One token more for each request. The ids that came before it are next().
  void step() {
    const DecoderConfig& config = decoder_.config();
    std::vector<Segment> segments;
    for (KvCache& cache : caches_) segments.push_back({1, &cache, nullptr});
    const std::span<float> hidden(hidden_.data(), caches_.size() * config.hidden_size);
    decoder_.forward({next_, segments}, hidden);
    decoder_.logits(hidden, logits_);
    for (size_t i = 0; i < caches_.size(); ++i) next_[i] = likeliest(i);
  }

  std::span<const int32_t> next() const { return next_; }

 private:
  int32_t likeliest(size_t request) const {
    const auto begin =
        logits_.begin() + static_cast<std::ptrdiff_t>(request * decoder_.config().vocab_size);
    const auto end = begin + static_cast<std::ptrdiff_t>(decoder_.config().vocab_size);
    return static_cast<int32_t>(std::max_element(begin, end) - begin);
  }

  Decoder& decoder_;
  std::vector<KvCache> caches_;
  std::vector<float> hidden_, logits_;
  std::vector<int32_t> next_;
};

// Tokens per second of `options.repeat` runs, after one that does not count.
template <class Run>
Rate measure(Context& context, const SpeedOptions& options, size_t tokens, const Run& run) {
  std::vector<double> rates;
  for (size_t i = 0; i <= options.repeat; ++i) {
    stop_if_interrupted(context);
    const SteadyClock::time_point start = SteadyClock::now();
    run();
    if (i > 0) rates.push_back(static_cast<double>(tokens) / seconds_since(start));
  }
  return summary(std::move(rates));
}

double read_bytes(const DecoderTensors& tensors, const SpeedOptions& options) {
  // Of an embedding that is not the output matrix too, one row is read.
  const Matrix& embedding = tensors.embed_tokens;
  const size_t unread = embedding.data == tensors.lm_head.data
                            ? 0
                            : dtype_bytes(embedding.dtype, embedding.rows * embedding.cols);
  return static_cast<double>(tensors.bytes() - unread) +
         static_cast<double>(
             KvCache::bytes(tensors.config, options.prompt + options.new_tokens / 2));
}

// Decodes the same few tokens alone and together.
void check_together(Requests& one, Requests& many, size_t prompt, size_t steps) {
  const int32_t first = one.next().front();
  many.share_prefix(one, prompt);
  for (size_t i = 0; i < steps; ++i) {
    one.step();
    many.step();
    for (const int32_t id : many.next()) {
      if (id == one.next().front()) continue;
      throw Error(ErrorCode::kFailed,
                  fmt::format("token {} is {} alone and {} among several requests", i,
                              one.next().front(), id));
    }
  }
  one.rewind(prompt, first);
}

}  // namespace

GenerationSpeed measure_generation(Context& context, const kernels::Kernels& kernels,
                                   const std::filesystem::path& path, const SpeedOptions& options) {
  TWIN_CHECK(options.prompt > 0 && options.new_tokens > 0 && options.repeat > 0);
  GenerationSpeed speed;
  const SteadyClock::time_point start = SteadyClock::now();
  Decoder decoder(context, kernels, open_model(path));
  speed.load_seconds = seconds_since(start);

  const DecoderConfig& config = decoder.config();
  const size_t length = options.prompt + options.new_tokens;
  if (length > config.max_position_embeddings) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: {} prompt tokens and {} new ones are more than the {} it takes",
                            path.string(), options.prompt, options.new_tokens,
                            config.max_position_embeddings));
  }
  const std::vector<int32_t> prompt = some_tokens(options.prompt, config.vocab_size);
  Requests one(decoder, 1, length, options.prompt);
  one.prefill(std::span(prompt).first(std::min(kFirstPrompt, prompt.size())));
  speed.first_token_seconds = seconds_since(start);

  const DecoderTensors& tensors = decoder.tensors();
  speed.dtype = dtype_info(tensors.layers.front().gate_proj.dtype).name;
  speed.weight_bytes = tensors.bytes();
  speed.cache_bytes = KvCache::bytes(config, length);
  speed.read_bytes_per_token = read_bytes(tensors, options);
  speed.operations_per_prompt_token =
      2.0 *
      static_cast<double>(matrix_parameter_count(config) - config.vocab_size * config.hidden_size);

  speed.prefill = measure(context, options, prompt.size(), [&] { one.prefill(prompt); });
  const int32_t first = one.next().front();
  speed.decode = measure(context, options, options.new_tokens, [&] {
    one.rewind(prompt.size(), first);
    for (size_t i = 0; i < options.new_tokens; ++i) one.step();
  });
  speed.peak_bytes = peak_memory_bytes();
  if (options.requests > 0) {
    one.rewind(prompt.size(), first);
    Requests many(decoder, options.requests, length, options.requests);
    check_together(one, many, prompt.size(), std::min<size_t>(4, options.new_tokens));
    speed.batch_decode = measure(context, options, options.requests * options.new_tokens, [&] {
      many.rewind(prompt.size(), first);
      for (size_t i = 0; i < options.new_tokens; ++i) many.step();
    });
  }
  return speed;
}

}  // namespace twin
