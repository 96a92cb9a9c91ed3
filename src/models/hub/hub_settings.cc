#include "models/hub/hub_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/files.h"
#include "base/http_client.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxTokenBytes = 1 << 16;

class Environment {
 public:
  explicit Environment(const std::function<const char*(const char*)>& lookup) : lookup_(lookup) {}

  // The first of the variables that is set and not empty.
  template <class... Names>
  std::string first(Names... names) const {
    for (const char* name : {names...}) {
      const char* value = lookup_(name);
      if (value != nullptr && *value != '\0') return value;
    }
    return {};
  }

  bool is_on(const std::string& value) const {
    std::string upper = value;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return upper == "1" || upper == "ON" || upper == "YES" || upper == "TRUE";
  }

  // With a leading "~" as the home folder.
  fs::path path(const std::string& text) const {
    if (text != "~" && !text.starts_with("~/")) return text;
    return fs::path(first("HOME")) / text.substr(std::min<size_t>(2, text.size()));
  }

  fs::path path_or(const std::string& text, const fs::path& otherwise) const {
    return text.empty() ? otherwise : path(text);
  }

 private:
  const std::function<const char*(const char*)>& lookup_;
};

std::string stripped(std::string text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  text.erase(std::find_if_not(text.rbegin(), text.rend(), is_space).base(), text.end());
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_space));
  return text;
}

std::string find_token(const Environment& environment, const fs::path& home) {
  std::string token = stripped(environment.first("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"));
  const fs::path file = environment.path_or(environment.first("HF_TOKEN_PATH"), home / "token");
  std::error_code ignored;
  if (token.empty() && fs::is_regular_file(file, ignored)) {
    token = stripped(read_file(file, kMaxTokenBytes));
  }
  const bool printable =
      std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the Hugging Face token (HF_TOKEN or {}) holds characters no token has",
                            file.string()));
  }
  return token;
}

}  // namespace

HubSettings hub_settings(const std::function<const char*(const char*)>& lookup) {
  const Environment environment(lookup);
  HubSettings settings;
  const fs::path caches =
      environment.path_or(environment.first("XDG_CACHE_HOME"), environment.path("~/.cache"));
  const fs::path home = environment.path_or(environment.first("HF_HOME"), caches / "huggingface");
  settings.cache =
      environment.path_or(environment.first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"), home / "hub");
  if (const std::string endpoint = environment.first("HF_ENDPOINT"); !endpoint.empty()) {
    settings.endpoint = endpoint;
    while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  }
  url_origin(settings.endpoint);  // an error where it is no URL
  settings.offline = environment.is_on(environment.first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"));
  if (!environment.is_on(environment.first("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
    settings.token = find_token(environment, home);
  }
  return settings;
}

}  // namespace twin
