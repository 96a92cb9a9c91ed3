#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace twin::chat {

// What Python or Jinja would have raised, or a limit that was passed; becomes an Error that names
// the template and the line.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a rendering may still spend. Everything that takes time or memory pays here first, so that
// no template runs or grows without end.
class Budget {
 public:
  explicit Budget(size_t steps) : steps_(steps) {}

  void spend(size_t steps = 1) {
    if (steps > steps_) throw Failure("the template does more work than the limit allows");
    steps_ -= steps;
  }
  // Pays for text that is made or searched.
  void spend_bytes(size_t bytes) { spend(1 + bytes / kBytesPerStep); }

 private:
  static constexpr size_t kBytesPerStep = 16;
  size_t steps_;
};

}  // namespace twin::chat
