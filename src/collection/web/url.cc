#include "collection/web/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/error.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxBytes = 8192;

// Parameters that say where a visitor came from, not what the page shows: on any site, and on the
// platforms named.
constexpr std::array kTrackers = {
    "fbclid",  "gclid",   "dclid",    "gbraid", "wbraid", "msclkid",   "yclid",   "twclid",
    "ttclid",  "igshid",  "mc_cid",   "mc_eid", "_hsenc", "_hsmi",     "mkt_tok", "ref",
    "ref_src", "ref_url", "referrer", "r",      "trk",    "trackingid"};
constexpr std::array kMediumTrackers = {"source", "sk", "gi"};
constexpr std::array kSubstackTrackers = {
    "s", "publication_id", "post_id", "isfreemail", "triedredirect", "showwelcomeonshare", "token"};

template <size_t N>
bool holds(const std::array<const char*, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_within(std::string_view host, std::string_view domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

// pair: "name=value".
bool is_tracker(std::string_view pair, std::string_view host) {
  const std::string name = lower(pair.substr(0, pair.find('=')));
  if (name.starts_with("utm_") || name.starts_with("pk_") || name.starts_with("mtm_")) return true;
  if (is_within(host, "medium.com") && holds(kMediumTrackers, name)) return true;
  if (is_within(host, "substack.com") && holds(kSubstackTrackers, name)) return true;
  if (!holds(kTrackers, name)) return false;
  // "?r=site/page" is how some software names the page itself.
  return name != "r" || (pair.find('/') == pair.npos && pair.find("%2F") == pair.npos);
}

std::string without_trackers(std::string_view query, std::string_view host) {
  std::string kept;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty() || is_tracker(pair, host)) continue;
    if (!kept.empty()) kept += '&';
    kept += pair;
  }
  return kept;
}

struct CurlUrl {
  CURLU* handle = curl_url();
  CurlUrl() {
    if (handle == nullptr) throw Error(ErrorCode::kDoesNotFit, "no memory for a URL");
  }
  ~CurlUrl() { curl_url_cleanup(handle); }
  CurlUrl(const CurlUrl&) = delete;
  CurlUrl& operator=(const CurlUrl&) = delete;

  CURLUcode set(const std::string& url) {
    return curl_url_set(handle, CURLUPART_URL, url.c_str(),
                        CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  }
  // Empty where the URL has no such part.
  std::string part(CURLUPart which, unsigned flags = 0) const {
    char* text = nullptr;
    if (curl_url_get(handle, which, &text, flags) != CURLUE_OK) return {};
    std::string found(text);
    curl_free(text);
    return found;
  }
};

// Percent-encoded octets with upper-case digits; those of unreserved characters decoded.
std::string normal_escapes(std::string_view text) {
  const auto hex = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string normal;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
      normal += text[i];
      continue;
    }
    const int octet = hex(text[i + 1]) * 16 + hex(text[i + 2]);
    const bool unreserved = (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
                            (octet >= 'a' && octet <= 'z') || octet == '-' || octet == '.' ||
                            octet == '_' || octet == '~';
    normal += unreserved ? std::string(1, static_cast<char>(octet)) : fmt::format("%{:02X}", octet);
    i += 2;
  }
  return normal;
}

}  // namespace

Url Url::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorCode::kBadInput,
                 fmt::format("{}: {}", replace_invalid_utf8(text.substr(0, 200)), why));
  };
  if (text.size() > kMaxBytes) throw refuse("a URL longer than 8 KiB");
  if (text.find('\0') != std::string_view::npos) throw refuse("no URL");
  CurlUrl parser;
  if (parser.set(std::string(text)) != CURLUE_OK) throw refuse("no URL");
  Url url;
  url.scheme_ = lower(parser.part(CURLUPART_SCHEME));
  if (url.scheme_ != "http" && url.scheme_ != "https") {
    throw refuse("links are http:// or https://, others are not followed");
  }
  if (!parser.part(CURLUPART_USER).empty() || !parser.part(CURLUPART_PASSWORD).empty()) {
    throw refuse("a URL with a user name or password is not followed");
  }
  url.host_ = lower(parser.part(CURLUPART_HOST));
  if (url.host_.ends_with('.')) url.host_.pop_back();
  if (url.host_.empty()) throw refuse("a URL without a host");
  url.port_ = parser.part(CURLUPART_PORT);
  if (url.port_ == (url.scheme_ == "http" ? "80" : "443")) url.port_.clear();
  url.path_ = normal_escapes(parser.part(CURLUPART_PATH));
  if (url.path_.empty()) url.path_ = "/";
  url.query_ = without_trackers(normal_escapes(parser.part(CURLUPART_QUERY)), url.host_);
  url.text_ = url.origin() + url.path_;
  if (!url.query_.empty()) url.text_ += '?' + url.query_;
  return url;
}

std::optional<Url> Url::resolve(const Url& base, std::string_view link) {
  const size_t first = link.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  link = link.substr(first, link.find_last_not_of(" \t\r\n") - first + 1);
  if (link.size() > kMaxBytes || link.find('\0') != std::string_view::npos) return std::nullopt;
  CurlUrl parser;
  if (parser.set(base.text()) != CURLUE_OK) return std::nullopt;
  if (parser.set(std::string(link)) != CURLUE_OK) return std::nullopt;
  try {
    return parse(parser.part(CURLUPART_URL));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string Url::origin() const {
  return fmt::format("{}://{}{}{}", scheme_, host_, port_.empty() ? "" : ":", port_);
}

bool Url::within(std::string_view domain) const { return is_within(host_, domain); }

}  // namespace twin
