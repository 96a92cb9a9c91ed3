#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "text/private_data.h"

namespace twin {

// Hands a text on that comes in pieces, with masks for its private data. Holds back as much as a
// value may still need to be known: about 200 bytes, or what a value that is not ended has.
class MaskedStream {
 public:
  // `sink` returns whether it wants more; null: nothing is handed on.
  MaskedStream(PrivateDataOptions options, std::function<bool(std::string_view)> sink)
      : options_(std::move(options)), sink_(std::move(sink)) {}

  bool add(std::string_view piece);
  void finish();  // hands on what was held back

 private:
  void hand_on(size_t end);

  PrivateDataOptions options_;
  std::function<bool(std::string_view)> sink_;
  std::string held_;
  bool wanted_ = true;
};

}  // namespace twin
