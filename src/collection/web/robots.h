#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// What a site's robots.txt says to one crawler. Source: RFC 9309; crawl-delay and sitemap are
// common extensions.
class Robots {
 public:
  // Forbids nothing.
  Robots() = default;
  // Reads any bytes, the first 512 KiB of them; lines that say nothing known are passed over.
  // `agent` is the crawler's product name: the groups that name it hold, else those of '*'.
  static Robots parse(std::string_view text, std::string_view agent);
  static Robots forbidding_all();

  // `target` is the path and query of a URL, as "/a?b". The longest rule that matches decides; of
  // two as long, the one that allows.
  bool allows(std::string_view target) const;
  std::optional<double> crawl_delay_seconds() const { return crawl_delay_seconds_; }
  const std::vector<std::string>& sitemaps() const { return sitemaps_; }

 private:
  struct Rule {
    std::string pattern;  // '*' any characters, '$' at its end the end
    bool allow = false;
  };
  std::vector<Rule> rules_;
  std::optional<double> crawl_delay_seconds_;
  std::vector<std::string> sitemaps_;
};

}  // namespace twin
