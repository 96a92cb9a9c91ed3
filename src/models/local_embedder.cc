#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "base/error.h"
#include "base/machine.h"
#include "engine/formats/encoder_folder.h"
#include "engine/formats/model_folder.h"
#include "engine/model/decoder.h"
#include "models/embedder.h"
#include "models/embedding_text.h"
#include "models/encoder_batches.h"
#include "models/encoder_identity.h"
#include "models/hub/hub_cache.h"
#include "models/hub/hub_settings.h"
#include "models/local_encoder.h"
#include "models/memory.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// What both kinds share: pooling, prefixes, the length of a vector, the identity.
class LocalEmbedder : public Embedder {
 public:
  LocalEmbedder(EmbeddingText text, Pooling pooling, size_t width, size_t dimensions)
      : text_(std::move(text)), pooling_(pooling), width_(width), dimensions_(dimensions) {}

  size_t dimensions() const override { return dimensions_; }
  size_t max_tokens() const override { return text_.max_tokens(); }
  size_t count_tokens(std::string_view text, EmbedAs as) const override {
    return text_.tokens(text, as).size();
  }

  std::string identity() const override {
    std::call_once(hashed_, [&] {
      KeyHasher hasher;
      add_weights(hasher);
      hasher.add(text_.tokenizer().fingerprint());
      hasher.add(text_.prefix(EmbedAs::kDocument)).add(text_.prefix(EmbedAs::kQuery));
      hasher.add(name_of(pooling_)).add(static_cast<long long>(dimensions_));
      identity_ = hasher.finish();
    });
    return identity_;
  }

 protected:
  virtual void add_weights(KeyHasher& hasher) const = 0;

  // A text's vector of its hidden rows (T, width).
  void pool(std::span<const float> hidden, std::span<float> vector) const {
    const size_t T = hidden.size() / width_;
    if (pooling_ == Pooling::kMean) {
      for (size_t c = 0; c < dimensions_; ++c) {
        double sum = 0;
        for (size_t t = 0; t < T; ++t) sum += hidden[t * width_ + c];
        vector[c] = static_cast<float>(sum / static_cast<double>(T));
      }
    } else {
      const size_t row = pooling_ == Pooling::kFirst ? 0 : T - 1;
      std::copy_n(hidden.begin() + static_cast<ptrdiff_t>(row * width_), dimensions_,
                  vector.begin());
    }
    to_unit_length(vector);
  }

  const EmbeddingText text_;
  const Pooling pooling_;
  const size_t width_, dimensions_;

 private:
  mutable std::once_flag hashed_;
  mutable std::string identity_;
};

class EncoderEmbedder : public LocalEmbedder {
 public:
  EncoderEmbedder(Context& context, const kernels::Kernels& kernels, EncoderTensors tensors,
                  EncoderCompute compute, EmbeddingText text, Pooling pooling, size_t dimensions)
      : LocalEmbedder(std::move(text), pooling, tensors.config.hidden_size, dimensions),
        encoder_(context, kernels, std::move(tensors), compute) {}

  std::vector<float> embed(Context& context, std::span<const std::string> texts,
                           EmbedAs as) override {
    std::vector<EncoderText> inputs(texts.size());
    context.threads.parallel_for(texts.size(), [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) inputs[i].tokens = text_.checked_tokens(texts, i, as);
    });
    std::vector<float> vectors(texts.size() * dimensions_);
    run_encoder(context, encoder_, inputs,
                [&](const EncoderBatch& batch, std::span<const float> hidden,
                    std::span<const size_t> chosen) {
                  size_t row = 0;
                  for (size_t i = 0; i < chosen.size(); ++i) {
                    pool(hidden.subspan(row * width_, batch.lengths[i] * width_),
                         {vectors.data() + chosen[i] * dimensions_, dimensions_});
                    row += batch.lengths[i];
                  }
                });
    return vectors;
  }

 private:
  void add_weights(KeyHasher& hasher) const override {
    EncoderTensors tensors = encoder_.tensors();
    add_tensors(hasher, tensor_slots(tensors));
    hasher.add(static_cast<long long>(encoder_.compute()));
  }

  const Encoder encoder_;
};

class DecoderEmbedder : public LocalEmbedder {
 public:
  DecoderEmbedder(Context& context, const kernels::Kernels& kernels, DecoderTensors tensors,
                  EmbeddingText text, Pooling pooling, size_t dimensions)
      : LocalEmbedder(std::move(text), pooling, tensors.config.hidden_size, dimensions),
        decoder_(context, kernels, std::move(tensors)) {}

  std::vector<float> embed(Context& context, std::span<const std::string> texts,
                           EmbedAs as) override {
    std::vector<float> vectors(texts.size() * dimensions_);
    std::vector<int32_t> tokens;
    std::vector<Segment> segments;
    const auto flush = [&](size_t behind) {
      stop_if_interrupted(context);
      std::vector<float> hidden(tokens.size() * width_);
      {
        const std::lock_guard one_at_a_time(mutex_);
        decoder_.forward({tokens, segments}, hidden);
      }
      size_t row = 0, i = behind - segments.size();
      for (const Segment& segment : segments) {
        pool(std::span<const float>(hidden).subspan(row * width_, segment.length * width_),
             {vectors.data() + i++ * dimensions_, dimensions_});
        row += segment.length;
      }
      tokens.clear();
      segments.clear();
    };
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<TokenId> ids = text_.checked_tokens(texts, i, as);
      if (!segments.empty() && tokens.size() + ids.size() > kBatchTokens) flush(i);
      tokens.insert(tokens.end(), ids.begin(), ids.end());
      segments.push_back({ids.size()});
    }
    if (!segments.empty()) flush(texts.size());
    return vectors;
  }

 private:
  static constexpr size_t kBatchTokens = 1024;

  void add_weights(KeyHasher& hasher) const override {
    DecoderTensors tensors = decoder_.tensors();
    add_tensors(hasher, tensor_slots(tensors));
  }

  std::mutex mutex_;
  Decoder decoder_;
};

// A tokenizer that gives the same for both cases needs no lower-casing before it.
bool lower_cases(const Tokenizer& tokenizer) {
  return tokenizer.encode("The QUICK Fox") == tokenizer.encode("the quick fox");
}

}  // namespace

const kernels::Kernels& kernels_for(const kernels::Kernels* wanted) {
  if (wanted != nullptr) return *wanted;
  const char* forced = std::getenv("TWIN_FORCE_ISA");
  return kernels::choose_kernels(forced == nullptr ? "" : forced);
}

std::string encoder_path(const std::string& path_or_name) {
  if (fs::exists(path_or_name)) return path_or_name;
  if (const auto name = parse_hub_name(path_or_name)) {
    const HubSettings settings =
        hub_settings([](const char* key) -> const char* { return std::getenv(key); });
    if (const auto path = find_cached_model(settings.cache, *name)) return path->string();
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: no such folder, and not fetched from the hub yet: `twin models "
                            "pull {}`",
                            path_or_name, path_or_name));
  }
  throw Error(ErrorCode::kUsage, fmt::format("{}: no such folder", path_or_name));
}

std::unique_ptr<Embedder> load_embedder(Context& context, const std::string& path_or_name,
                                        const EmbedderOptions& options) {
  const fs::path folder = encoder_path(path_or_name);
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", folder.string(), what));
  };
  if (!fs::is_directory(folder)) refuse("is no folder; an embedder is a folder with config.json");
  const SentenceSettings settings = read_sentence_settings(folder);
  const fs::path model = folder / settings.module_path;
  const bool is_encoder = is_encoder_folder(model);
  const kernels::Kernels& kernels = kernels_for(options.kernels);
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(model);
  if (settings.do_lower_case && !lower_cases(*tokenizer)) {
    refuse("do_lower_case is set and its tokenizer keeps case; that is not supported");
  }
  const auto text_for = [&](size_t positions) {
    const size_t said = settings.max_seq_length;
    return EmbeddingText(tokenizer, options.document_prefix.value_or(settings.document_prompt),
                         options.query_prefix.value_or(settings.query_prompt),
                         said == 0 ? positions : std::min(said, positions));
  };
  const auto dimensions_of = [&](size_t width) {
    if (settings.truncate_dim > width) refuse("truncate_dim is over the model's width");
    return settings.truncate_dim == 0 ? width : settings.truncate_dim;
  };
  const auto check_vocabulary = [&](size_t size) {
    if (tokenizer->vocab_size() > size) {
      refuse(
          fmt::format("its tokenizer has {} tokens, its model {}", tokenizer->vocab_size(), size));
    }
  };
  if (is_encoder) {
    EncoderTensors tensors = open_encoder(model);
    const EncoderConfig config = tensors.config;
    if (config.num_labels > 0) refuse("is a reranker or classifier, not an embedder");
    check_vocabulary(config.vocab_size);
    check_encoder_fits(config, options.compute, folder.string());
    return std::make_unique<EncoderEmbedder>(
        context, kernels, std::move(tensors), options.compute,
        text_for(config.max_position_embeddings),
        options.pooling.value_or(settings.pooling.value_or(Pooling::kMean)),
        dimensions_of(config.hidden_size));
  }
  if (options.compute != EncoderCompute::kF32) {
    refuse(
        "is a decoder, which runs on its weights as they are stored: f32 is the only compute "
        "type");
  }
  DecoderTensors tensors = open_decoder_body(model);
  const DecoderConfig config = tensors.config;
  check_vocabulary(config.vocab_size);
  check_fits(memory_need(tensors, 4096), available_memory_bytes(), folder.string());
  return std::make_unique<DecoderEmbedder>(
      context, kernels, std::move(tensors), text_for(config.max_position_embeddings),
      options.pooling.value_or(settings.pooling.value_or(Pooling::kLast)),
      dimensions_of(config.hidden_size));
}

}  // namespace twin
