#include "collection/web/robots.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxBytes = 512 << 10;
constexpr size_t kMaxRules = 10'000;

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// The product name of a user-agent line: what comes before a version.
std::string product(std::string_view value) {
  size_t end = 0;
  while (end < value.size() &&
         (value[end] == '-' || value[end] == '_' || value[end] == '*' ||
          (value[end] >= 'a' && value[end] <= 'z') || (value[end] >= 'A' && value[end] <= 'Z'))) {
    ++end;
  }
  return lower(value.substr(0, end));
}

// Whether the pattern matches a beginning of the target. Linear: each piece between two stars is
// looked for once, from where the one before it ended.
bool matches(std::string_view pattern, std::string_view target) {
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  size_t at = 0;
  for (bool first = true;; first = false) {
    const size_t star = pattern.find('*');
    const std::string_view piece = pattern.substr(0, star);
    const bool last = star == std::string_view::npos;
    if (first) {
      if (!target.starts_with(piece)) return false;
      at = piece.size();
    } else if (last && to_end) {
      return target.size() >= at + piece.size() && target.ends_with(piece);
    } else {
      const size_t found = target.find(piece, at);
      if (found == std::string_view::npos) return false;
      at = found + piece.size();
    }
    if (last) return !to_end || at == target.size();
    pattern.remove_prefix(star + 1);
  }
}

}  // namespace

Robots Robots::parse(std::string_view text, std::string_view agent) {
  text = text.substr(0, kMaxBytes);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string own = lower(agent);
  // The groups that name this crawler, and those for any.
  Robots named, any;
  bool names_us = false, found_named = false, names_any = false, in_rules = false;
  std::vector<std::string> sitemaps;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = trimmed(line.substr(0, line.find('#')));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string field = lower(trimmed(line.substr(0, colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (field == "user-agent") {
      if (in_rules) names_us = names_any = false;  // a new group
      in_rules = false;
      names_us = names_us || product(value) == own;
      names_any = names_any || value == "*";
      found_named = found_named || names_us;
    } else if (field == "sitemap") {
      sitemaps.emplace_back(value);
    } else if (field == "allow" || field == "disallow") {
      in_rules = true;
      if (value.empty()) continue;  // "Disallow:" forbids nothing
      for (Robots* group : {names_us ? &named : nullptr, names_any ? &any : nullptr}) {
        if (group == nullptr || group->rules_.size() >= kMaxRules) continue;
        group->rules_.push_back({std::string(value), field == "allow"});
      }
    } else if (field == "crawl-delay") {
      in_rules = true;
      double seconds = 0;
      const auto [rest, error] =
          std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (error != std::errc() || !std::isfinite(seconds) || seconds < 0) continue;
      if (names_us) named.crawl_delay_seconds_ = seconds;
      if (names_any) any.crawl_delay_seconds_ = seconds;
    }
  }
  Robots robots = found_named ? std::move(named) : std::move(any);
  robots.sitemaps_ = std::move(sitemaps);
  return robots;
}

Robots Robots::forbidding_all() {
  Robots robots;
  robots.rules_.push_back({"/", false});
  return robots;
}

bool Robots::allows(std::string_view target) const {
  if (target == "/robots.txt") return true;
  size_t longest = 0;
  bool allow = true;
  for (const Rule& rule : rules_) {
    const size_t length = rule.pattern.size();
    if (length < longest || (length == longest && allow) || !matches(rule.pattern, target))
      continue;
    longest = length;
    allow = rule.allow;
  }
  return allow;
}

}  // namespace twin
