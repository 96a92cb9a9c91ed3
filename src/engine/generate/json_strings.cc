#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "engine/generate/json_text_grammar.h"

namespace twin::json_grammar {
namespace {

std::string escaped(uint32_t c) {
  if (c == '"' || c == '\\' || c == ']' || c == '[' || c == '-' || c == '^') {
    return {'\\', static_cast<char>(c)};
  }
  if (c < 0x20 || c == 0x7F) return fmt::format("\\x{:02X}", c);
  std::string text;
  append_utf8(c, text);
  return text;
}

}  // namespace

// Surrogates are not written as \u escapes: half of one is refused by many readers.
const std::string_view kStringRules = R"G(
char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cefA-CEF] hex | [dD] [0-7]) hex{2})
hex ::= [0-9a-fA-F]
)G";

std::string literal(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20) {
      quoted += fmt::format("\\x{:02X}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string char_class(const std::vector<CodePoints>& chars) {
  std::string text = "[";
  for (const CodePoints& range : chars) {
    text += escaped(range.low);
    if (range.high > range.low) text += '-' + escaped(range.high);
  }
  return text + ']';
}

std::string format(std::string_view name) {
  static const std::string kDate =
      "[1-9] [0-9]{3} \"-\" ((\"0\" [13578] | \"1\" [02]) \"-\" (\"0\" [1-9] | [12] [0-9] | \"3\" "
      "[01]) | (\"0\" [469] | \"11\") \"-\" (\"0\" [1-9] | [12] [0-9] | \"30\") | \"02-\" (\"0\" "
      "[1-9] | \"1\" [0-9] | \"2\" [0-8]))";
  static const std::string kClock = "([01] [0-9] | \"2\" [0-3]) \":\" [0-5] [0-9]";
  static const std::string kTime =
      kClock + " \":\" [0-5] [0-9] (\".\" [0-9]{1,6})? (\"Z\" | [+-] " + kClock + ")";
  static const std::string kHost = "[a-z0-9] [a-z0-9]{0,30} (\".\" [a-z0-9] [a-z0-9]{0,30}){0,3}";
  static const std::string kOctet =
      "([0-9] | [1-9] [0-9] | \"1\" [0-9]{2} | \"2\" [0-4] [0-9] | \"25\" [0-5])";
  static const std::map<std::string_view, std::string> kFormats = {
      {"date", kDate},
      {"time", kTime},
      {"date-time", kDate + " \"T\" " + kTime},
      {"uuid",
       "[0-9a-f]{8} \"-\" [0-9a-f]{4} \"-\" [0-9a-f]{4} \"-\" [0-9a-f]{4} \"-\" [0-9a-f]{12}"},
      {"email", "[a-zA-Z0-9] [a-zA-Z0-9_+-]{0,30} (\".\" [a-zA-Z0-9_+-]{1,30}){0,2} \"@\" " +
                    kHost + " \".\" [a-z]{2,8}"},
      {"hostname", kHost},
      {"ipv4", kOctet + " \".\" " + kOctet + " \".\" " + kOctet + " \".\" " + kOctet},
      {"uri", "\"http\" \"s\"? \"://\" " + kHost + " (\"/\" [a-zA-Z0-9._~-]{0,60}){0,8}"},
  };
  const auto found = kFormats.find(name);
  return found == kFormats.end() ? std::string() : '(' + found->second + ')';
}

}  // namespace twin::json_grammar
