#include "cli/web_settings.h"

#include "base/error.h"
#include "cli/training_settings.h"

namespace twin {

WebOptions web_options(Session& session) {
  WebOptions options;
  options.hosts_at_once = size_setting(session, "collect.web.hosts_at_once", 1, 256);
  const double delay = session.settings().number("collect.web.delay_seconds");
  if (!(delay >= 0 && delay <= 3600)) {
    throw Error(ErrorCode::kUsage, "collect.web.delay_seconds: expected a number from 0 to 3600");
  }
  options.delay = std::chrono::milliseconds(static_cast<int64_t>(delay * 1000));
  options.max_body_bytes =
      size_setting(session, "collect.web.max_page_bytes", 1024, size_t{1} << 30);
  options.longest_exchange = std::chrono::seconds(
      static_cast<int64_t>(size_setting(session, "collect.web.max_seconds", 1, 3600)));
  options.max_pages = size_setting(session, "collect.web.max_pages", 0, 1'000'000'000);
  options.allow_private_addresses =
      session.settings().boolean("collect.web.allow_private_addresses");
  return options;
}

}  // namespace twin
