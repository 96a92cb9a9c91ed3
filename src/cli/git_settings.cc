#include "cli/git_settings.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"
#include "base/http_client.h"
#include "cli/training_settings.h"

namespace twin {

std::vector<std::string> addresses_of(const std::string& list) {
  std::vector<std::string> addresses;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find_first_of(", ", begin), list.size());
    if (end > begin) addresses.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return addresses;
}

GitOptions git_options(Session& session) {
  const Settings& settings = session.settings();
  GitOptions options;
  options.emails = addresses_of(settings.text("collect.git.emails"));
  options.max_commits = size_setting(session, "collect.git.max_commits", 1, 10'000'000);
  options.max_file_bytes = size_setting(session, "collect.git.max_file_bytes", 1, 1 << 30);
  options.max_download_bytes =
      size_setting(session, "collect.git.max_download_bytes", 1, size_t{1} << 40);
  options.max_time =
      std::chrono::seconds(size_setting(session, "collect.git.max_seconds", 1, 1'000'000));
  options.forks = settings.boolean("collect.git.forks");
  options.github_api = settings.text("collect.git.github_api");
  while (options.github_api.ends_with('/')) options.github_api.pop_back();
  if (!is_http_url(options.github_api)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("collect.git.github_api: '{}' is no URL", options.github_api));
  }
  if (const char* token = std::getenv("GITHUB_TOKEN")) options.github_token = token;
  options.http = settings.boolean("collect.web.allow_private_addresses");
  options.cache = session.workspace().root / "cache" / "git";
  return options;
}

}  // namespace twin
