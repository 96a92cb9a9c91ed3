#include "models/embedding_speed.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/formats/encoder_folder.h"
#include "engine/formats/sentence_folder.h"

namespace twin {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

Rate summary(std::vector<double> rates) {
  std::sort(rates.begin(), rates.end());
  return {rates[rates.size() / 2], rates.front(), rates.back()};
}

// Multiply-adds of a text of T tokens.
double products(const std::string& path, const std::vector<size_t>& lengths) {
  const SentenceSettings settings = read_sentence_settings(path);
  const std::filesystem::path model = std::filesystem::path(path) / settings.module_path;
  double sum = 0;
  if (is_encoder_folder(model)) {
    const EncoderConfig config = open_encoder(model).config;
    for (const size_t T : lengths) {
      sum += static_cast<double>(T) * static_cast<double>(products_per_token(config, T));
    }
    return sum;
  }
  const DecoderConfig c = open_decoder_body(model).config;
  const size_t body = matrix_parameter_count(c) - c.vocab_size * c.hidden_size;
  for (const size_t T : lengths) {
    const size_t attention = c.num_hidden_layers * c.num_attention_heads * c.head_dim * T;
    sum += static_cast<double>(T) * static_cast<double>(body + attention);  // causal: half of 2 T
  }
  return sum;
}

constexpr std::array kSentences = {
    "The sixth chair has a joint that would not close, however long I planed it. ",
    "Nobody rings at three in the morning with good news about a switch in the basement. ",
    "Coffee is a protocol: there is a handshake, a window, and a retransmission at eleven. ",
    "In March the varnish of 1911 came off in one afternoon, and nobody had asked for it. ",
    "What I look for in a plan is the first thing that will be wrong with it. ",
    "She wrote the numbers down twice, since the first page was for the customer. ",
    "You can tell how old a workshop is by what hangs behind the door. ",
    "The release went out on a Thursday, which is the last day one should do such things. ",
    "Learning to see takes longer than learning to draw, and pays for it sooner. ",
};

}  // namespace

EmbeddingSpeed measure_embedding(Context& context, Embedder& embedder, const std::string& path,
                                 std::span<const std::string> texts, const std::string& query,
                                 size_t repeat) {
  EmbeddingSpeed speed;
  std::vector<size_t> lengths;
  for (const std::string& text : texts) {
    lengths.push_back(embedder.count_tokens(text, EmbedAs::kDocument));
    speed.tokens += lengths.back();
  }
  speed.operations_per_token = 2 * products(path, lengths) / static_cast<double>(speed.tokens);
  std::vector<double> tokens_per_s, texts_per_s;
  for (size_t i = 0; i <= repeat; ++i) {
    const auto start = SteadyClock::now();
    embedder.embed(context, texts, EmbedAs::kDocument);
    const double seconds = seconds_since(start);
    if (i == 0) continue;
    tokens_per_s.push_back(static_cast<double>(speed.tokens) / seconds);
    texts_per_s.push_back(static_cast<double>(texts.size()) / seconds);
  }
  speed.tokens_per_s = summary(tokens_per_s);
  speed.texts_per_s = summary(texts_per_s);
  speed.query_tokens = embedder.count_tokens(query, EmbedAs::kQuery);
  std::vector<double> ms;
  for (size_t i = 0; i <= 20 * repeat; ++i) {
    const auto start = SteadyClock::now();
    embedder.embed(context, {&query, 1}, EmbedAs::kQuery);
    if (i > 0) ms.push_back(1000 * seconds_since(start));
  }
  std::sort(ms.begin(), ms.end());
  speed.query_ms = ms[ms.size() / 2];
  speed.query_ms_highest = ms.back();
  return speed;
}

std::vector<std::string> english_texts(const Embedder& embedder, size_t count, size_t tokens) {
  std::vector<std::string> texts(count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t s = i; s < i + 400; ++s) {
      const std::string longer = texts[i] + kSentences[s * (1 + i % 4) % kSentences.size()];
      if (embedder.count_tokens(longer, EmbedAs::kDocument) > tokens && !texts[i].empty()) break;
      texts[i] = longer;
    }
  }
  return texts;
}

}  // namespace twin
