#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/json.h"
#include "engine/tokenizer/piece_sink.h"

namespace twin {

// Where a piece stands in the text that is encoded.
enum class PiecePosition {
  kTextStart,     // it begins the text
  kInside,        // something stands before it: other pieces, a special token
  kAfterBadByte,  // a byte that is no UTF-8 stands before it, and what began there goes on
};

// Cuts text into the pieces that a model never merges across, and may change them. Immutable,
// thread-safe.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Requires valid UTF-8. Pieces come in order, none is empty; each is valid during the call.
  virtual void cut(std::string_view text, PiecePosition position, PieceSink sink) const = 0;
};

// A pre_tokenizer of a tokenizer.json; null: none.
// `byte_level` is set where the pieces are bytes as they are, not spelled as ByteLevel spells them:
// where ByteLevel is the last, which is the rule. Errors: kBadInput naming `where` and the part
// that is not supported.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& json, std::string_view where,
                                                 bool& byte_level);

}  // namespace twin
