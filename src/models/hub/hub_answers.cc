#include "models/hub/hub_answers.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kShownBytes = 200;

// What the hub says went wrong, in its header or at the start of its body.
std::string said(const HttpResponse& response) {
  const std::string_view message = response.header("x-error-message");
  return std::string(
      (message.empty() ? std::string_view(response.body) : message).substr(0, kShownBytes));
}

std::string advice(const HttpResponse& response, const HubName& name, const HubSettings& settings) {
  const std::string_view code = response.header("x-error-code");
  const std::string page = fmt::format("{}/{}", settings.endpoint, name.repository());
  const std::string token_page = settings.endpoint + "/settings/tokens";
  const bool has_token = !settings.token.empty();
  if (code == "GatedRepo") {
    return fmt::format(
        "it is gated: accept its terms at {}, then set HF_TOKEN to a read token of that "
        "account ({})",
        page, token_page);
  }
  if (code == "RevisionNotFound") {
    return fmt::format("no branch, tag or commit '{}'; {}/tree/main shows what there is",
                       name.revision, page);
  }
  if (code == "EntryNotFound") return "a file that was listed is not there";
  if (response.status == 401 || response.status == 404 || code == "RepoNotFound") {
    return has_token
               ? "no such repository, or the token (HF_TOKEN or its file) may not see it; check "
                 "the name"
               : "no such repository, or a private one; check the name, and set HF_TOKEN for a "
                 "private one";
  }
  if (response.status == 403) {
    return has_token
               ? fmt::format("the token may not read it; {} says what it may", token_page)
               : fmt::format("access is denied; set HF_TOKEN to a read token ({})", token_page);
  }
  return said(response);
}

}  // namespace

bool may_pass(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

std::chrono::milliseconds retry_after(const HttpResponse& response) {
  const std::string_view text = response.header("retry-after");
  long long seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr long long kHour = 3600;
  return std::chrono::seconds(seconds < 0 ? 0 : seconds > kHour ? kHour : seconds);
}

void throw_refusal(const HttpResponse& response, const HubName& name, const HubSettings& settings) {
  throw Error(ErrorCode::kRemote,
              fmt::format("{}: HTTP {} from {}: {}", name.repository(), response.status,
                          url_origin(response.url), advice(response, name, settings)));
}

}  // namespace twin
