#include "text/private/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

#include "base/error.h"

namespace twin::privacy {
namespace {

// Of one match. The expressions here are bounded: only hostile text comes near.
constexpr uint32_t kMaxSteps = 200'000;

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
using Code = std::unique_ptr<pcre2_code, Release<pcre2_code, pcre2_code_free>>;
using MatchContext =
    std::unique_ptr<pcre2_match_context, Release<pcre2_match_context, pcre2_match_context_free>>;
using MatchData =
    std::unique_ptr<pcre2_match_data, Release<pcre2_match_data, pcre2_match_data_free>>;

}  // namespace

struct Pattern::Impl {
  Code code;
  MatchContext limits;
};

Pattern::Pattern(std::string_view expression) : impl_(std::make_unique<Impl>()) {
  int error = 0;
  PCRE2_SIZE at = 0;
  impl_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()),
                                  expression.size(), PCRE2_MULTILINE, &error, &at, nullptr));
  TWIN_CHECK(impl_->code != nullptr, std::string(expression), at);
  pcre2_jit_compile(impl_->code.get(), PCRE2_JIT_COMPLETE);  // without it, slower
  impl_->limits.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(impl_->limits.get(), kMaxSteps);
}

Pattern::~Pattern() = default;

void Pattern::find(std::string_view text,
                   const std::function<bool(ByteRange match, ByteRange group)>& take) const {
  const MatchData data(pcre2_match_data_create_from_pattern(impl_->code.get(), nullptr));
  for (size_t at = 0; at < text.size();) {
    const int found = pcre2_match(impl_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                  text.size(), at, 0, data.get(), impl_->limits.get());
    if (found == PCRE2_ERROR_NOMATCH) return;
    if (found < 0) {  // too many steps: on behind the line
      at = std::min(text.find('\n', at), text.size() - 1) + 1;
      continue;
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
    const ByteRange match{ends[0], ends[1]};
    const bool has_group = found > 1 && ends[2] != PCRE2_UNSET;
    const bool taken = take(match, has_group ? ByteRange{ends[2], ends[3]} : match);
    at = taken ? std::max(match.end, at + 1) : match.begin + 1;
  }
}

}  // namespace twin::privacy
