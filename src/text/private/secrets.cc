#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "text/private/finders.h"
#include "text/private/pattern.h"
#include "text/unicode.h"

namespace twin::privacy {
namespace {

// Bits per byte of the bytes' distribution.
double entropy(std::string_view text) {
  std::array<size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

struct Characters {
  bool lower = false, upper = false, digit = false, other = false;
  int kinds() const { return lower + upper + digit + other; }
};

Characters characters_of(std::string_view text) {
  Characters found;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') {
      found.lower = true;
    } else if (c >= 'A' && c <= 'Z') {
      found.upper = true;
    } else if (c >= '0' && c <= '9') {
      found.digit = true;
    } else {
      found.other = true;
    }
  }
  return found;
}

// What documentation writes where a secret belongs.
bool is_placeholder(std::string_view value) {
  const std::string folded = fold(value);
  for (const char* part :
       {"example", "placeholder", "your",     "xxxx",    "changeme", "change_me",   "password",
        "passwd",  "secret",      "redacted", "dummy",   "sample",   "insert",      "replace",
        "123456",  "abcdef",      "todo",     "mytoken", "my_token", "my-token",    "apikey",
        "api_key", "api-key",     "....",     "****",    "foobar",   "process.env", "os.environ",
        "getenv",  "null",        "undefined"}) {
    if (folded.find(part) != std::string::npos) return true;
  }
  const std::string_view text = value;
  if (text.find_first_of("<>{}$()[]%") != std::string_view::npos) return true;
  return entropy(value) < 2;  // "aaaaaaaa", "--------"
}

bool is_password(std::string_view value) {
  return value.size() >= 6 && characters_of(value).kinds() >= 2 && !is_placeholder(value);
}

// Random enough for a key: letters and digits mixed, no words.
bool is_random(std::string_view value) {
  if (is_placeholder(value)) return false;
  const Characters found = characters_of(value);
  if (!found.digit || !(found.lower || found.upper)) return false;
  const bool hex = value.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (hex) return value.size() >= 24 && entropy(value) >= 3;
  return entropy(value) >= 3.5;
}

}  // namespace

void find_secrets(std::string_view text, Found& found) {
  const auto take = [&](ByteRange range) {
    found.push_back({range, PrivateKind::kSecret});
    return true;
  };
  // Tokens that say by their beginnings what they are.
  // AWS, GitHub, GitLab, OpenAI and Anthropic, Slack, Google, Stripe, npm, PyPI, Hugging Face,
  // SendGrid, Shopify, DigitalOcean, Telegram, Twilio, Mailgun, Square, JWT.
  static const Pattern tokens(
      R"((?<![\w/+-])((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})"
      R"(|gl(?:pat|dt|rt|ptt)-[\w-]{20,64}|sk-(?:ant-|proj-|svcacct-|admin-)?[\w-]{20,200}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{20,200})"
      R"(|AIza[\w-]{35}|ya29\.[\w-]{20,300}|GOCSPX-[\w-]{20,40}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/]{24,100})"
      R"(|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,300}|hf_[A-Za-z0-9]{30,50}|SG\.[\w-]{16,40}\.[\w-]{30,60})"
      R"(|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|do[opr]_v1_[a-f0-9]{64}|\d{8,10}:AA[\w-]{32,36}|SK[0-9a-f]{32}|key-[0-9a-f]{32}|sq0[a-z]{3}-[\w-]{22,43})"
      R"(|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{10,2000})(?![\w-]))");
  tokens.find(text, [&](ByteRange, ByteRange range) {
    const std::string_view token = slice(text, range);
    const bool documented = token.ends_with("EXAMPLE") || token.find("xxxx") != token.npos ||
                            token.find("XXXX") != token.npos || token.find("your") != token.npos;
    // "sk-" begins class names too: "sk-folding-cube-animated-thing".
    const bool plain = token.starts_with("sk-") && !characters_of(token).digit;
    return !documented && !plain && take(range);
  });
  static const Pattern webhook(
      R"((https://hooks\.slack\.com/services/T\w{6,14}/B\w{6,14}/\w{16,40}|https://discord(?:app)?\.com/api/webhooks/\d{15,21}/[\w-]{40,100}))");
  webhook.find(text, [&](ByteRange, ByteRange range) { return take(range); });
  // A key without an end is one to the end of its lines.
  static const Pattern pem(
      R"((-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,16000}-----END [A-Z0-9 ]{1,40}-----|[A-Za-z0-9+/=\s:,.-]{0,16000})))");
  pem.find(text, [&](ByteRange, ByteRange range) {
    size_t end = range.end;
    while (end > range.begin && (text[end - 1] == '\n' || text[end - 1] == ' ')) --end;
    // "-----BEGIN RSA PRIVATE KEY-----" alone is talk of one.
    const bool has_key = slice(text, range).size() > 100;
    return has_key && take({range.begin, end});
  });
  // user:password of postgres://user:password@host.
  static const Pattern url(
      R"((?<![\w+.-])[a-z][a-z0-9+.-]{1,20}://([^\s/@:"'<>]{0,100}:[^\s/@"'<>]{3,200})@[\w\[])");
  url.find(text, [&](ByteRange, ByteRange range) {
    const std::string_view pair = slice(text, range);
    const std::string_view password = pair.substr(pair.find(':') + 1);
    const std::string folded = fold(password);
    const bool names_itself = folded == "pass" || folded == "pw" || folded == "pwd" ||
                              folded == fold(pair.substr(0, pair.find(':')));
    return !names_itself && !is_placeholder(password) && take(range);
  });
  // Password=...; of connection strings, "password": "..." of settings.
  static const Pattern password(
      R"re((?i)(?<![a-z])(?:\w{0,20}_)?(?:password|passwd|pwd|passphrase|passwort)["'`]?\s{0,3}(?::=|=>|=|:)\s{0,3}(?:"([^"\n]{6,64})"|'([^'\n]{6,64})'))re");
  static const Pattern bare_password(
      R"((?i)(?<![a-z])(?:\w{0,20}_)?(?:password|passwd|pwd)=([^\s;"'<>&,)]{6,64})(?=[;&\s"'<]|$))");
  // Group 1 is one of two: the other is read off the match.
  password.find(text, [&](ByteRange match, ByteRange) {
    const std::string_view whole = slice(text, match);
    const char quote = whole.back();
    const size_t begin = whole.rfind(quote, whole.size() - 2) + 1;
    const ByteRange value{match.begin + begin, match.end - 1};
    const std::string_view found_value = slice(text, value);
    const Characters kinds = characters_of(found_value);
    const bool sentence = found_value.find(' ') != std::string_view::npos;
    return kinds.kinds() >= 2 && (kinds.digit || kinds.other) && !sentence &&
           is_password(found_value) && take(value);
  });
  bare_password.find(text, [&](ByteRange, ByteRange value) {
    const Characters kinds = characters_of(slice(text, value));
    return kinds.digit && kinds.kinds() >= 2 && is_password(slice(text, value)) && take(value);
  });
  static const Pattern assigned(
      R"((?i)(?<![a-z])(?:\w{0,30}[_-])?(?:api[_-]?key|apikey|secret(?:[_-]?(?:access[_-]?)?key)?|(?:access|auth|bearer|refresh|bot|api|private|security)[_-]?token|token|access[_-]?key(?:[_-]?id)?|accountkey|sharedaccesskey|client[_-]?secret|private[_-]?key|encryption[_-]?key|credentials?)["'`]?\]?\s{0,3}(?::=|=>|=|:)\s{0,3}["'`]?([\w+/=.~-]{16,200})(?![\w+/]))");
  assigned.find(text, [&](ByteRange match, ByteRange value) {
    // An assembly's PublicKeyToken is no secret.
    const std::string before =
        fold(text.substr(match.begin < 10 ? 0 : match.begin - 10,
                         value.begin - (match.begin < 10 ? 0 : match.begin - 10)));
    if (before.find("publickey") != std::string::npos) return false;
    return is_random(slice(text, value)) && take(value);
  });
  static const Pattern authorization(
      R"((?i)(?<![a-z])authorization["']?\s{0,2}[:=]\s{0,2}["']?(?:bearer|basic|token)\s{1,2}([\w+/=.~-]{12,2000}))");
  authorization.find(text, [&](ByteRange, ByteRange value) {
    const std::string_view token = slice(text, value);
    return !is_placeholder(token) && characters_of(token).kinds() >= 2 && entropy(token) >= 3 &&
           take(value);
  });
}

}  // namespace twin::privacy
