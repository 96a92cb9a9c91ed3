#include <algorithm>
#include <array>
#include <string>

#include "text/private/finders.h"
#include "text/private/pattern.h"
#include "text/unicode.h"

namespace twin::privacy {
namespace {

// Last labels that are no top-level domains but ends of file names ("logo@2x.png").
constexpr std::array<std::string_view, 24> kFileTypes = {
    "bmp", "config", "cpp", "cs",   "css", "csv", "dll", "exe", "gif", "htm",  "html", "ico",
    "jpg", "jpeg",   "js",  "json", "jsx", "pdf", "png", "svg", "ts",  "webp", "xml",  "yaml"};

// Names that RFC 2606 and RFC 6762 keep from being anybody's, and private networks' own.
constexpr std::array<std::string_view, 8> kNobodysEndings = {
    "example", "test", "invalid", "localhost", "local", "internal", "lan", "tld"};

// Domains that stand for any domain in documentation.
constexpr std::array<std::string_view, 24> kPlaceholders = {
    "example.com",     "example.org",    "example.net",    "example.edu",
    "example.co.uk",   "domain.com",     "yourdomain.com", "yourdomain.org",
    "mydomain.com",    "somedomain.com", "foo.com",        "bar.com",
    "foo.bar",         "baz.com",        "yoursite.com",   "mysite.com",
    "yourcompany.com", "yourserver.com", "test.com",       "contoso.com",
    "fabrikam.com",    "northwind.com",  "acme.com",       "adventure-works.com"};

template <size_t N>
bool has(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_nobodys(std::string_view domain) {
  const std::string folded = fold(domain);
  const std::string_view name = folded;
  const std::string_view last = name.substr(name.rfind('.') + 1);
  if (has(kFileTypes, last) || has(kNobodysEndings, last)) return true;
  return std::any_of(kPlaceholders.begin(), kPlaceholders.end(), [&](std::string_view placeholder) {
    return name == placeholder ||
           (name.ends_with(placeholder) && name[name.size() - placeholder.size() - 1] == '.');
  });
}

// Whether what stands before `at` in the same word makes it part of a URL.
bool is_in_url(std::string_view text, size_t at) {
  const size_t begin = text.find_last_of(" \t\r\n<>\"'()[]|", at == 0 ? 0 : at - 1);
  const size_t word = begin == std::string_view::npos ? 0 : begin + 1;
  return word < at && text.substr(word, at - word).find("//") != std::string_view::npos;
}

}  // namespace

void find_emails(std::string_view text, Found& found) {
  static const Pattern plain(
      R"((?<![\w.%+@-])([A-Za-z0-9_](?:[\w.%+'-]{0,62}[\w+-])?(@|&#64;|&#x40;|%40))"
      R"((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}))"
      R"((?![\w@-]|\.[A-Za-z0-9]))");
  // "ada [at] lovelace [dot] org", "ada (at) lovelace.org", "ada at lovelace dot org".
  static const Pattern spelled(
      R"((?i)(?<![\w.%+@-])([a-z0-9_][\w.+-]{0,62}\s{0,3}(?:[\[({<]\s?(?:at|@|ät)\s?[\])}>])\s{0,3})"
      R"([a-z0-9-]{1,63}(?:(?:\s{0,3}[\[({<]\s?(?:dot|punkt|\.)\s?[\])}>]\s{0,3}|\.| dot )[a-z0-9-]{1,63}){0,4})"
      R"((?:\s{0,3}[\[({<]\s?(?:dot|punkt|\.)\s?[\])}>]\s{0,3}|\.| dot )[a-z]{2,24})(?![\w-]))");
  static const Pattern in_words(
      R"((?i)(?<![\w.%+@-])([a-z0-9_][\w.+-]{1,62} at [a-z0-9-]{2,63}(?: dot [a-z0-9-]{2,63}){0,2})"
      R"( dot (?:com|org|net|edu|io|de|uk|fr|eu|us|me|info|dev|ch|at|nl|ca|au))(?![\w-]))");
  const auto take = [&](ByteRange range) {
    found.push_back({range, PrivateKind::kEmail});
    return true;
  };
  plain.find(text, [&](ByteRange, ByteRange range) {
    const std::string_view address = slice(text, range);
    const size_t escaped = std::min(address.find("%40"), address.find("&#"));
    const size_t at = std::min(address.find('@'), escaped);
    const size_t domain = address.find_first_of("@;0", at) + 1;
    if (is_nobodys(address.substr(domain))) return false;
    if (address.substr(0, at) == "git") return false;  // git@github.com:owner/name
    if (escaped == std::string_view::npos && is_in_url(text, range.begin + at)) return false;
    return take(range);
  });
  spelled.find(text, [&](ByteRange, ByteRange range) {
    std::string name;
    for (const char c : slice(text, range)) {
      if (std::string_view(" \t\n[](){}<>").find(c) == std::string_view::npos) name += c;
    }
    for (const std::string_view placeholder : kPlaceholders) {
      if (fold(name).ends_with(placeholder)) return false;
    }
    return take(range);
  });
  in_words.find(text, [&](ByteRange, ByteRange range) { return take(range); });
}

}  // namespace twin::privacy
