#include "cli/writing_settings.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/training_settings.h"

namespace twin {

SamplingOptions sampling_settings(Session& session) {
  const auto checked = [&](const char* key, double low, double high) {
    const double value = session.settings().number(key);
    if (!(value >= low && value <= high)) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("setting {} is {}; expected {} to {}", key, value, low, high));
    }
    return static_cast<float>(value);
  };
  SamplingOptions options;
  options.temperature = checked("write.temperature", 0, 100);
  options.top_p = checked("write.top_p", 0, 1);
  options.top_k = size_setting(session, "write.top_k", 0, 1 << 20);
  options.max_new_tokens = size_setting(session, "write.max_new_tokens", 1, 1 << 20);
  options.seed = static_cast<uint64_t>(session.settings().integer("write.seed"));
  return options;
}

}  // namespace twin
