#include <fmt/format.h>

#include <mutex>

#include "base/error.h"
#include "engine/formats/encoder_folder.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/sentence_folder.h"
#include "models/embedder.h"
#include "models/embedding_text.h"
#include "models/encoder_batches.h"
#include "models/encoder_identity.h"
#include "models/local_encoder.h"
#include "models/memory.h"
#include "models/reranker.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// [CLS] query [SEP] passage [SEP], with token type 1 from the passage on.
class LocalReranker : public Reranker {
 public:
  LocalReranker(Context& context, const kernels::Kernels& kernels, EncoderTensors tensors,
                EncoderCompute compute, std::shared_ptr<const Tokenizer> tokenizer, TokenId cls,
                TokenId sep, size_t max_tokens)
      : encoder_(context, kernels, std::move(tensors), compute),
        tokenizer_(std::move(tokenizer)),
        cls_(cls),
        sep_(sep),
        max_tokens_(max_tokens) {}

  size_t max_tokens() const override { return max_tokens_; }

  size_t count_tokens(std::string_view query, std::string_view passage) const override {
    return tokenizer_->encode(query).size() + tokenizer_->encode(passage).size() + 3;
  }

  std::string identity() const override {
    std::call_once(hashed_, [&] {
      KeyHasher hasher;
      EncoderTensors tensors = encoder_.tensors();
      add_tensors(hasher, tensor_slots(tensors));
      hasher.add(tokenizer_->fingerprint()).add(static_cast<long long>(encoder_.compute()));
      identity_ = hasher.finish();
    });
    return identity_;
  }

  std::vector<float> scores(Context& context, std::string_view query,
                            std::span<const std::string> passages) override {
    std::vector<TokenId> question = {cls_};
    append(question, tokenizer_->encode(query));
    question.push_back(sep_);
    std::vector<EncoderText> inputs(passages.size());
    context.threads.parallel_for(passages.size(), [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) {
        inputs[i].tokens = question;
        inputs[i].types.assign(question.size(), 0);
        append(inputs[i].tokens, tokenizer_->encode(passages[i]));
        inputs[i].tokens.push_back(sep_);
        inputs[i].types.resize(inputs[i].tokens.size(), 1);
        check_length(inputs[i].tokens.size(), query, i, passages[i]);
      }
    });
    std::vector<float> all(passages.size());
    run_encoder(context, encoder_, inputs,
                [&](const EncoderBatch& batch, std::span<const float> hidden,
                    std::span<const size_t> chosen) {
                  std::vector<float> logits(chosen.size());
                  encoder_.logits(batch, hidden, logits);
                  for (size_t i = 0; i < chosen.size(); ++i) all[chosen[i]] = logits[i];
                });
    return all;
  }

 private:
  static void append(std::vector<TokenId>& ids, const std::vector<TokenId>& more) {
    ids.insert(ids.end(), more.begin(), more.end());
  }

  void check_length(size_t tokens, std::string_view query, size_t i,
                    std::string_view passage) const {
    if (tokens <= max_tokens_) return;
    throw Error(
        ErrorCode::kBadInput,
        fmt::format("passage {} to rank, '{}', has {} tokens together with the query '{}'; "
                    "the model takes {}: rank it in pieces",
                    i + 1, text_beginning(passage), tokens, text_beginning(query), max_tokens_));
  }

  const Encoder encoder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  TokenId cls_, sep_;
  size_t max_tokens_;
  mutable std::once_flag hashed_;
  mutable std::string identity_;
};

}  // namespace

std::unique_ptr<Reranker> load_reranker(Context& context, const std::string& path_or_name,
                                        const RerankerOptions& options) {
  const fs::path folder = encoder_path(path_or_name);
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", folder.string(), what));
  };
  if (!fs::is_directory(folder)) refuse("is no folder; a reranker is a folder with config.json");
  EncoderTensors tensors = open_encoder(folder);
  const EncoderConfig config = tensors.config;
  if (config.num_labels != 1) {
    refuse(config.num_labels == 0
               ? std::string("is no cross-encoder: expected BertForSequenceClassification")
               : fmt::format("gives {} logits; expected one", config.num_labels));
  }
  if (config.type_vocab_size < 2) refuse("has no token type for passages");
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  const auto cls = tokenizer->special_token("[CLS]"), sep = tokenizer->special_token("[SEP]");
  if (!cls || !sep) refuse("its tokenizer has no [CLS] or no [SEP]");
  if (tokenizer->vocab_size() > config.vocab_size) {
    refuse(fmt::format("its tokenizer has {} tokens, its model {}", tokenizer->vocab_size(),
                       config.vocab_size));
  }
  check_encoder_fits(config, options.compute, folder.string());
  const size_t said = read_sentence_settings(folder).max_seq_length;
  const size_t most = config.max_position_embeddings;
  return std::make_unique<LocalReranker>(context, kernels_for(options.kernels), std::move(tensors),
                                         options.compute, std::move(tokenizer), *cls, *sep,
                                         said == 0 ? most : std::min(said, most));
}

}  // namespace twin
