#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twin {

// An http or https URL in the one form under which the collector knows a page: scheme and host in
// lower case (a name in its ASCII form), no default port, no fragment, no "." and ".." in the path,
// an empty path as "/", percent signs as upper case, no parameters that only say where a visitor
// came from (utm_*, fbclid, ref, r, Medium's source, ...), the others in their order.
// Source: RFC 3986, section 6; libcurl's URL API parses.
class Url {
 public:
  // Errors: kBadInput for what is no URL, has another scheme than http or https, names a user or
  // password, or is longer than 8 KiB.
  static Url parse(std::string_view text);
  // As parse(), of a link found on a page at `base`. None instead of an error: pages are full of
  // links that lead nowhere ("mailto:", "javascript:", broken ones).
  static std::optional<Url> resolve(const Url& base, std::string_view link);

  const std::string& text() const { return text_; }
  const std::string& scheme() const { return scheme_; }
  const std::string& host() const { return host_; }    // an IPv6 address in its brackets
  const std::string& path() const { return path_; }    // begins with '/'
  const std::string& query() const { return query_; }  // without '?', empty if there is none
  // "https://example.org:8080": the port only where it is not the scheme's own.
  std::string origin() const;
  // Whether the host is `domain` or ends with '.' and it.
  bool within(std::string_view domain) const;

  bool operator==(const Url& other) const { return text_ == other.text_; }
  bool operator<(const Url& other) const { return text_ < other.text_; }

 private:
  std::string text_, scheme_, host_, port_, path_, query_;
};

}  // namespace twin
