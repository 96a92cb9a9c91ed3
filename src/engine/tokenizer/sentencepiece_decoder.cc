#include "engine/tokenizer/sentencepiece_decoder.h"

#include "engine/tokenizer/vocabulary.h"

namespace twin {
namespace {

class SentencePieceDecoder : public TokenDecoder {
 public:
  SentencePieceDecoder(SentencePieceSpaces spaces, std::string unknown_surface)
      : spaces_(spaces), unknown_surface_(std::move(unknown_surface)) {}

  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    std::string text;
    bool prefix_seen = false;
    for (const std::string& token : tokens) {
      if (const auto byte = byte_of_name(token)) {
        text += *byte;
        continue;
      }
      std::string_view rest = token;
      if (text.empty() && !prefix_seen && token != unknown_surface_ &&
          (spaces_.add_dummy_prefix || spaces_.remove_extra_whitespaces) &&
          rest.starts_with(space_)) {
        rest.remove_prefix(space_.size());
        // Where extra white space was removed, all that leads is extra.
        prefix_seen = !spaces_.remove_extra_whitespaces;
      }
      append(rest, text);
    }
    return {text};
  }

 private:
  void append(std::string_view token, std::string& text) const {
    while (!token.empty()) {
      if (token.starts_with(space_)) {
        text += ' ';
        token.remove_prefix(space_.size());
      } else {
        text += token[0];
        token.remove_prefix(1);
      }
    }
  }
  SentencePieceSpaces spaces_;
  std::string_view space_ = spaces_.escape_whitespaces ? "\u2581" : " ";
  std::string unknown_surface_;
};

}  // namespace

std::unique_ptr<TokenDecoder> make_sentencepiece_decoder(SentencePieceSpaces spaces,
                                                         std::string unknown_surface) {
  return std::make_unique<SentencePieceDecoder>(spaces, std::move(unknown_surface));
}

}  // namespace twin
