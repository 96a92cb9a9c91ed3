#include "engine/generate/batch_generator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "base/error.h"
#include "engine/generate/byte_tokenizer.h"
#include "engine/generate/generate_for_test.h"

namespace twin {
namespace {

DecoderConfig small_config() {
  DecoderConfig config;
  config.vocab_size = 257;
  config.hidden_size = 32;
  config.intermediate_size = 48;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 8;
  config.max_position_embeddings = 1200;
  return config;
}

struct Model {
  explicit Model(const kernels::Kernels& kernels, size_t threads = 1)
      : context(threads), weights(small_config()), decoder(context, kernels, lively()) {
    for (uint64_t seed : {1, 2}) {
      auto adapter =
          std::make_shared<LoraAdapter>(small_config(), LoraConfig{.r = 4, .lora_alpha = 8});
      initialize(*adapter, seed);
      Random random(seed);
      for (float& x : adapter->flat()) x += static_cast<float>(random.normal()) * 0.1f;
      adapters.push_back(adapter);
    }
    std::vector<std::string> tokens;
    tokens.reserve(258);
    for (int b = 0; b < 256; ++b) tokens.emplace_back(1, static_cast<char>(b));
    tokens.emplace_back();
    vocabulary = std::make_shared<const Vocabulary>(tokens);
    grammar = std::make_shared<TokenGrammar>(
        parse_grammar("root ::= \"{\" ([a-f] root)* \"}\"", "test"), vocabulary, "test");
  }
  // Livelier weights than a fresh model's, so that tokens depend on what stands before.
  DecoderTensors lively() {
    initialize(weights, 3);
    for (float& x : weights.flat()) x *= 4;
    return weights.tensors();
  }

  QuietContext context;
  DecoderWeights weights;
  Decoder decoder;
  ByteTokenizer tokenizer;
  std::vector<std::shared_ptr<const LoraAdapter>> adapters;
  std::shared_ptr<const Vocabulary> vocabulary;
  std::shared_ptr<TokenGrammar> grammar;
};

// Requests of all kinds; several share a beginning.
std::vector<GenerationRequest> mixed_requests(const Model& model, size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> common(700);
  for (int32_t& token : common) token = static_cast<int32_t>(random.below(256));
  std::vector<GenerationRequest> requests;
  for (size_t i = 0; i < count; ++i) {
    GenerationRequest request;
    const size_t shared = random.below(3) == 0 ? 0 : random.below(600);
    request.prompt.assign(common.begin(), common.begin() + static_cast<ptrdiff_t>(shared));
    const size_t own = random.below(4) == 0 && shared > 0 ? 0 : 1 + random.below(60);
    for (size_t j = 0; j < own; ++j) {
      // Repeating, so that look-ups find something.
      request.prompt.push_back(
          static_cast<int32_t>(random.below(2) == 0 ? j % 7 : random.below(256)));
    }
    SamplingOptions& sampling = request.sampling;
    sampling.max_new_tokens = 1 + random.below(40);
    sampling.seed = random.next();
    sampling.temperature = random.below(3) == 0 ? 0.0f : 0.7f;
    if (random.below(2) == 0) sampling.top_k = 20;
    if (random.below(2) == 0) sampling.top_p = 0.9f;
    if (random.below(3) == 0) sampling.repetition_penalty = 1.2f;
    if (random.below(3) == 0) sampling.lookup_tokens = 10;
    if (random.below(3) == 0) sampling.stop_strings = {"a", "\x05\x06"};
    if (random.below(4) == 0) sampling.stop_tokens = {256};
    sampling.logprobs = random.below(3) == 0;
    request.tokenizer = &model.tokenizer;
    if (random.below(3) == 0) request.adapter = model.adapters[random.below(2)];
    if (random.below(4) == 0) {
      sampling.max_new_tokens += 2;
      request.constraint = std::make_shared<Constraint>(model.grammar);
    }
    requests.push_back(request);
  }
  return requests;
}

// A request of its own: constraints hold a state.
GenerationRequest fresh(const Model& model, GenerationRequest request) {
  if (request.constraint) request.constraint = std::make_shared<Constraint>(model.grammar);
  return request;
}

void expect_same(const Generation& a, const Generation& b) {
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.reason, b.reason);
  ASSERT_EQ(a.logprobs.size(), b.logprobs.size());
  for (size_t i = 0; i < a.logprobs.size(); ++i) {
    EXPECT_EQ(a.logprobs[i].chosen.logprob, b.logprobs[i].chosen.logprob) << "bit for bit";
  }
}

TEST(BatchGenerator, ManyTogetherAreEachAsAlone) {
  for (const kernels::Kernels* kernels : kernels::available_kernels()) {
    Model model(*kernels);
    const auto requests = mixed_requests(model, 40, 11);
    std::vector<Generation> alone;
    for (const GenerationRequest& request : requests) {
      GenerationRequest plain = fresh(model, request);
      plain.sampling.lookup_tokens = 0;
      alone.push_back(generate(model.context, model.decoder, plain));
    }
    BatchOptions options;
    options.max_requests = 6;
    options.max_prefix_bytes = size_t{2} << 20;
    options.guess_cost = 0.05;
    BatchGenerator batch(model.context, model.decoder, options);
    std::vector<BatchGenerator::Ticket> tickets;
    for (size_t i = 0; i < requests.size(); ++i) {
      tickets.push_back(batch.submit(fresh(model, requests[i])));
      if (i % 3 == 0) batch.step();  // requests join while others are being written
    }
    size_t reused = 0, right = 0;
    for (size_t i = 0; i < requests.size(); ++i) {
      SCOPED_TRACE(testing::Message() << kernels->name << ", request " << i);
      const Generation together = batch.wait(tickets[i]);
      expect_same(together, alone[i]);
      reused += together.reused_prompt_tokens;
      right += together.right_guesses;
    }
    EXPECT_GT(reused, 0u);
    EXPECT_GT(right, 0u);
  }
}

TEST(BatchGenerator, ThreadsShareTheWork) {
  Model model(kernels::choose_kernels("scalar"), 2);
  const auto requests = mixed_requests(model, 12, 5);
  std::vector<Generation> alone, together(requests.size());
  for (const GenerationRequest& request : requests) {
    alone.push_back(generate(model.context, model.decoder, fresh(model, request)));
  }
  BatchGenerator batch(model.context, model.decoder);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < requests.size(); ++i) {
    threads.emplace_back(
        [&, i] { together[i] = batch.wait(batch.submit(fresh(model, requests[i]))); });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < requests.size(); ++i) expect_same(together[i], alone[i]);
}

// Writes a long text in a thread of its own and, meanwhile, a short one here. Whether this thread
// has the short one before the other computes more than one step without it.
bool short_text_returns(Model& model) {
  using namespace std::chrono_literals;
  BatchGenerator batch(model.context, model.decoder);
  std::promise<void> stepping, returned;
  const auto has_returned = returned.get_future();
  std::atomic<bool> is_written = false, in_time = true;
  const std::thread::id here = std::this_thread::get_id();
  GenerationRequest long_request, short_request;
  long_request.prompt = short_request.prompt = {1, 2, 3};
  long_request.sampling.max_new_tokens = 40;
  short_request.sampling.max_new_tokens = 1;
  long_request.on_token = [&, first = true](int32_t) mutable -> bool {
    if (std::exchange(first, false)) {
      stepping.set_value();
      std::this_thread::sleep_for(2ms);  // for the other to wait for this step
    }
    if (!is_written || std::this_thread::get_id() == here) return true;
    return in_time = has_returned.wait_for(10s) == std::future_status::ready;
  };
  short_request.on_token = [&](int32_t) -> bool { return is_written = true; };
  std::thread thread([&] { batch.wait(batch.submit(long_request)); });
  stepping.get_future().wait();
  batch.wait(batch.submit(short_request));
  returned.set_value();
  thread.join();
  return in_time;
}

TEST(BatchGenerator, WhoseTextHasEndedReturnsWhileAnotherThreadGoesOn) {
  Model model(kernels::choose_kernels("scalar"));
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(short_text_returns(model)) << i;  // a race: often enough
}

TEST(BatchGenerator, DraftsOfOnePromptPrefillOnce) {
  Model model(kernels::choose_kernels("scalar"));
  GenerationRequest request;
  request.prompt.assign(300, 65);
  request.sampling.max_new_tokens = 4;
  BatchGenerator batch(model.context, model.decoder);
  std::vector<BatchGenerator::Ticket> tickets;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    request.sampling.seed = seed;
    tickets.push_back(batch.submit(request));
  }
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(batch.wait(tickets[i]).reused_prompt_tokens, i == 0 ? 0u : 300u);
  }
}

TEST(BatchGenerator, AnErrorEndsItsRequestAlone) {
  Model model(kernels::choose_kernels("scalar"));
  GenerationRequest good, bad;
  good.prompt = bad.prompt = {1, 2, 3};
  good.sampling.max_new_tokens = bad.sampling.max_new_tokens = 10;
  bad.on_token = [count = 0](int32_t) mutable -> bool {
    if (++count == 3) throw std::runtime_error("the client is gone");
    return true;
  };
  const Generation alone = generate(model.context, model.decoder, good);
  BatchGenerator batch(model.context, model.decoder);
  const auto first = batch.submit(bad), second = batch.submit(good);
  expect_same(batch.wait(second), alone);
  EXPECT_THROW(batch.wait(first), std::runtime_error);
  EXPECT_FALSE(batch.step());
}

TEST(BatchGenerator, CancelEndsWithWhatIsWritten) {
  Model model(kernels::choose_kernels("scalar"));
  GenerationRequest request;
  request.prompt = {1};
  request.sampling.max_new_tokens = 50;
  BatchOptions options;
  options.max_requests = 1;
  BatchGenerator batch(model.context, model.decoder, options);
  const auto first = batch.submit(request), waiting = batch.submit(request);
  for (int i = 0; i < 5; ++i) batch.step();
  batch.cancel(first);
  batch.cancel(waiting);
  const Generation cut = batch.wait(first);
  EXPECT_EQ(cut.reason, FinishReason::kCancelled);
  EXPECT_EQ(cut.ids.size(), 5u);
  EXPECT_EQ(batch.wait(waiting).ids.size(), 0u);
}

TEST(BatchGenerator, MemoryIsBoundedAndWhatCannotFitIsRefused) {
  Model model(kernels::choose_kernels("scalar"));
  GenerationRequest request;
  request.prompt.assign(50, 7);
  request.sampling.max_new_tokens = 10;
  BatchOptions options;
  options.max_cache_bytes = KvCache::bytes(small_config(), 60) * 2;  // two at a time
  BatchGenerator batch(model.context, model.decoder, options);
  std::vector<BatchGenerator::Ticket> tickets;
  tickets.reserve(5);
  for (int i = 0; i < 5; ++i) tickets.push_back(batch.submit(request));
  for (const auto& ticket : tickets) EXPECT_EQ(batch.wait(ticket).ids.size(), 10u);
  request.sampling.max_new_tokens = 500;
  EXPECT_THROW(batch.submit(request), Error);
  request.prompt = {1000};
  request.sampling.max_new_tokens = 5;
  EXPECT_THROW(batch.submit(request), Error) << "no such token";
}

}  // namespace
}  // namespace twin
