#include "models/encoder_batches.h"

#include <algorithm>
#include <atomic>
#include <numeric>

namespace twin {
namespace {

// Tokens of a batch: enough rows that weights are packed once for many, few enough that a layer's
// activations stay in the cache.
constexpr size_t kBatchTokens = 512;

}  // namespace

void run_encoder(Context& context, const Encoder& encoder, std::span<const EncoderText> texts,
                 const UseHidden& use) {
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Long ones first: what is left for the end is short.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return texts[a].tokens.size() > texts[b].tokens.size();
  });
  size_t total = 0;
  for (const EncoderText& text : texts) total += text.tokens.size();
  // Few texts: as many batches as threads, unless they are worth no second thread.
  const size_t threads = context.threads.size();
  const size_t limit =
      std::clamp<size_t>((total + threads - 1) / threads, kBatchTokens / 4, kBatchTokens);
  std::vector<size_t> starts;  // of batches in `order`
  size_t tokens = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const size_t length = texts[order[i]].tokens.size();
    if (starts.empty() || tokens + length > limit) {
      starts.push_back(i);
      tokens = 0;
    }
    tokens += length;
  }
  starts.push_back(order.size());

  const auto run = [&](size_t b) {
    stop_if_interrupted(context);
    const std::span<const size_t> chosen(order.data() + starts[b], starts[b + 1] - starts[b]);
    std::vector<int32_t> ids, types;
    std::vector<uint32_t> lengths;
    for (const size_t i : chosen) {
      ids.insert(ids.end(), texts[i].tokens.begin(), texts[i].tokens.end());
      types.insert(types.end(), texts[i].types.begin(), texts[i].types.end());
      types.resize(ids.size(), 0);
      lengths.push_back(static_cast<uint32_t>(texts[i].tokens.size()));
    }
    const EncoderBatch batch{ids, types, lengths};
    std::vector<float> hidden(ids.size() * encoder.config().hidden_size);
    encoder.forward(batch, hidden);
    use(batch, hidden, chosen);
  };
  const size_t batches = starts.size() - 1;
  if (batches == 1) return run(0);
  std::atomic<size_t> next = 0;
  context.threads.parallel_for(threads, [&](size_t, size_t, size_t) {
    for (size_t b; (b = next.fetch_add(1)) < batches;) run(b);
  });
}

}  // namespace twin
