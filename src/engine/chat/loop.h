#pragma once

#include "engine/chat/interpreter.h"

namespace twin::chat {

// The special variable `loop`, and the pass over the items that it describes.
class Loop : public Object, public std::enable_shared_from_this<Loop> {
 public:
  Loop(Interpreter& interpreter, const Statement& statement, const Value& items,
       std::unique_ptr<Iterator> iterator, int64_t depth0);

  // The next item, which becomes the current one; false at the end.
  bool advance();
  const Value& current() const { return current_; }
  // Lets go of all items, so that a loop that is kept holds no chain of others.
  void finish();

  std::string type_name() const override { return "LoopContext"; }
  bool callable() const override { return true; }
  Value call(const Arguments& arguments) override;
  std::optional<Value> attribute(std::string_view name) override;
  std::optional<int64_t> length() override;
  std::optional<std::string> shown() const override;

 private:
  bool has_next();
  Value cycle(const Arguments& arguments) const;
  Value changed(const Arguments& arguments);

  Interpreter& interpreter_;
  const Statement& statement_;
  std::shared_ptr<Scope> around_;
  std::unique_ptr<Iterator> iterator_;
  std::optional<int64_t> length_;
  std::optional<Value> next_;
  Value current_;
  Value before_;
  std::optional<Value> last_changed_;
  int64_t index0_ = -1;
  int64_t depth0_;
  bool finished_ = false;
};

}  // namespace twin::chat
