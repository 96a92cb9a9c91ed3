#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

namespace twin {

// Where pieces of text go as they are cut: a reference to a callable, valid while that lives. The
// piece is valid during the call.
class PieceSink {
 public:
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, PieceSink>>>
  // NOLINTNEXTLINE(google-explicit-constructor): a lambda is passed as it stands
  PieceSink(F&& f)
      : object_(const_cast<void*>(static_cast<const void*>(&f))),
        call_([](void* object, std::string_view piece) {
          (*static_cast<std::remove_reference_t<F>*>(object))(piece);
        }) {}
  void operator()(std::string_view piece) const { call_(object_, piece); }

 private:
  void* object_;
  void (*call_)(void*, std::string_view);
};

}  // namespace twin
