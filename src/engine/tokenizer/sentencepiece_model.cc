#include <fmt/format.h>

#include "base/error.h"
#include "engine/tokenizer/protobuf.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {
namespace {

constexpr size_t kMaxTokens = 1 << 20;
// What SentencePiece decodes the unknown token to, unless the model says otherwise.
constexpr const char* kUnknownSurface = " \u2047 ";

// Field numbers: github.com/google/sentencepiece, src/sentencepiece_model.proto.
class ModelReader {
 public:
  ModelReader(std::string_view bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  TokenizerContents read() {
    contents_.pre = "default";
    contents_.add_space_prefix = true;
    contents_.remove_extra_whitespaces = true;
    contents_.unknown_surface = kUnknownSurface;
    contents_.unknown_token_id = 0;
    contents_.bos_token_id = 1;
    contents_.eos_token_id = 2;
    ProtobufReader model(bytes_, where_);
    while (const auto field = model.next()) {
      switch (field->number) {
        case 1:
          read_piece(model.bytes_of(*field));
          break;
        case 2:
          read_trainer(model.bytes_of(*field));
          break;
        case 3:
          read_normalizer(model.bytes_of(*field));
          break;
        case 5:
          read_denormalizer(model.bytes_of(*field));
          break;
        default:
          break;  // self-tests and extensions
      }
    }
    finish();
    return std::move(contents_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
  }

  void read_piece(std::string_view bytes) {
    if (contents_.tokens.size() >= kMaxTokens) refuse("too many pieces");
    ProtobufReader piece(bytes, fmt::format("{}: piece {}", where_, contents_.tokens.size()));
    std::string text;
    float score = 0;
    uint64_t type = kNormalToken;
    while (const auto field = piece.next()) {
      if (field->number == 1) text = piece.bytes_of(*field);
      if (field->number == 2) score = piece.float_of(*field);
      if (field->number == 3) type = piece.varint_of(*field);
    }
    if (type < kNormalToken || type > kByteToken) {
      refuse(fmt::format("piece {} has the type {}", contents_.tokens.size(), type));
    }
    if (text.empty()) refuse(fmt::format("piece {} is empty", contents_.tokens.size()));
    contents_.tokens.push_back(std::move(text));
    contents_.scores.push_back(score);
    contents_.token_types.push_back(static_cast<int32_t>(type));
  }

  // An id of -1 says that there is no such token.
  static std::optional<TokenId> id_of(uint64_t value) {
    const auto id = static_cast<int32_t>(value);
    return id < 0 ? std::nullopt : std::optional(id);
  }

  void read_trainer(std::string_view bytes) {
    ProtobufReader trainer(bytes, where_ + ": trainer_spec");
    while (const auto field = trainer.next()) {
      switch (field->number) {
        case 3:
          type_ = trainer.varint_of(*field);
          break;
        case 24:
          contents_.treat_whitespace_as_suffix = trainer.varint_of(*field) != 0;
          break;
        case 40:
          contents_.unknown_token_id = id_of(trainer.varint_of(*field));
          break;
        case 41:
          contents_.bos_token_id = id_of(trainer.varint_of(*field));
          break;
        case 42:
          contents_.eos_token_id = id_of(trainer.varint_of(*field));
          break;
        case 43:
          contents_.padding_token_id = id_of(trainer.varint_of(*field));
          break;
        case 44:
          contents_.unknown_surface = trainer.bytes_of(*field);
          break;
        default:
          break;  // how it was trained
      }
    }
  }

  void read_normalizer(std::string_view bytes) {
    ProtobufReader normalizer(bytes, where_ + ": normalizer_spec");
    while (const auto field = normalizer.next()) {
      switch (field->number) {
        case 2:
          contents_.precompiled_charsmap = normalizer.bytes_of(*field);
          break;
        case 3:
          contents_.add_space_prefix = normalizer.varint_of(*field) != 0;
          break;
        case 4:
          contents_.remove_extra_whitespaces = normalizer.varint_of(*field) != 0;
          break;
        case 5:
          contents_.escape_whitespaces = normalizer.varint_of(*field) != 0;
          break;
        default:
          break;
      }
    }
  }

  void read_denormalizer(std::string_view bytes) {
    ProtobufReader denormalizer(bytes, where_ + ": denormalizer_spec");
    while (const auto field = denormalizer.next()) {
      if (field->number == 2 && !denormalizer.bytes_of(*field).empty()) {
        refuse("a denormalizer is not supported");
      }
    }
  }

  void finish() {
    if (type_ != 1 && type_ != 2) {
      refuse(fmt::format("model_type {} is not supported; UNIGRAM (1) and BPE (2) are", type_));
    }
    contents_.model = type_ == 1 ? "t5" : "llama";
    // The ids are what was asked for in training: only the types say whether they are there.
    const auto keep = [&](std::optional<TokenId>& id, int32_t type) {
      const bool there = id && static_cast<size_t>(*id) < contents_.tokens.size() &&
                         contents_.token_types[static_cast<size_t>(*id)] == type;
      if (!there) id.reset();
    };
    keep(contents_.bos_token_id, kControlToken);
    keep(contents_.eos_token_id, kControlToken);
    keep(contents_.padding_token_id, kControlToken);
    keep(contents_.unknown_token_id, kUnknownToken);
    for (size_t id = 0; id < contents_.tokens.size() && !contents_.unknown_token_id; ++id) {
      if (contents_.token_types[id] == kUnknownToken) {
        contents_.unknown_token_id = static_cast<TokenId>(id);
      }
    }
    if (!contents_.unknown_token_id) refuse("no unknown token among its pieces");
  }

  std::string_view bytes_;
  std::string where_;
  TokenizerContents contents_;
  uint64_t type_ = 1;
};

}  // namespace

std::unique_ptr<Tokenizer> read_sentencepiece_model(std::string_view bytes,
                                                    std::string_view where) {
  return make_tokenizer(ModelReader(bytes, where).read(), where);
}

}  // namespace twin
