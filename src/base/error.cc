#include "base/error.h"

#include <fmt/format.h>

namespace twin {

void throw_bug(const char* expression, const char* file, int line, const std::string& detail) {
  throw Bug(fmt::format("{}:{}: broken contract: {}{}{}", file, line, expression,
                        detail.empty() ? "" : ": ", detail));
}

}  // namespace twin
