// What a model answers of a request: never more than an error, and nothing that the request does
// not say becomes a filter.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "inference/self_query_model.h"

namespace {

using namespace twin;

class Parrot : public StructuredModel {
 public:
  explicit Parrot(std::string_view says) : says_(says) {}
  std::string name() const override { return "parrot"; }
  Json answer(Context&, const StructuredQuestion&) override {
    return parse_json(says_, "answer", {.max_depth = 32});
  }

 private:
  std::string_view says_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static QuietContext context(1);
  const KnownSources known{{{"a1", "Ada", "Lovelace"}, {"a2", "Charles", "Babbage"}},
                           {"medium", "haacked.com"}};
  Parrot parrot({reinterpret_cast<const char*>(data), size});
  UnderstoodRequest timeless, dated;
  understand_by_model(context, parrot, "what Lovelace weaves, with tag looms", known, {}, timeless);
  understand_by_model(context, parrot, "mills since last year", known, {}, dated);
  const bool told = !timeless.reasons.empty() || timeless.filter == PassageFilter{};
  const bool true_to_it = timeless.filter.author_id.value_or("a1") == "a1" &&
                          !timeless.filter.platform && !timeless.filter.date_from &&
                          !timeless.filter.date_to && !dated.filter.author_id &&
                          !dated.filter.platform;
  if (!told || !true_to_it) std::abort();
  return 0;
}
