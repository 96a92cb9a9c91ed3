#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "domain/byte_range.h"

namespace twin::privacy {

// A regular expression (PCRE2, compiled to machine code) over bytes: any bytes may be searched.
// Thread-safe.
class Pattern {
 public:
  // Throws Bug where the expression is none.
  explicit Pattern(std::string_view expression);
  ~Pattern();

  // Hands every match on, with what its first group has, or all where it has none. After one that
  // is not taken the search goes on at its second byte. What takes too many steps is no match.
  void find(std::string_view text,
            const std::function<bool(ByteRange match, ByteRange group)>& take) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace twin::privacy
