#include "training/datasets/sample_problems.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {

constexpr size_t kShownLines = 10;

void SampleProblems::add(size_t line, const std::string& what) {
  if (++count_ > kShownLines) return;
  text_ += fmt::format("\n  {} {}: {}", file_.lines ? "line" : "sample", line, what);
}

void SampleProblems::throw_if_any(const std::string& what, const std::string& advice) const {
  if (count_ == 0) return;
  const std::string more =
      count_ > kShownLines ? fmt::format("\n  and {} more", count_ - kShownLines) : "";
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {} of {} samples {}:{}{}{}", file_.name,
                                                count_, samples_, what, text_, more, advice));
}

}  // namespace twin
