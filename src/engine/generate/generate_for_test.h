#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/generate/token_grammar.h"

// For tests: a vocabulary, and a model that likes all tokens alike.
namespace twin {

// The bytes, some words and pieces of JSON, and one token without bytes: the last.
inline std::shared_ptr<const Vocabulary> testing_vocabulary() {
  std::vector<std::string> tokens;
  for (int b = 0; b < 256; ++b) tokens.emplace_back(1, static_cast<char>(b));
  for (const char* token :
       {"the",  " end", "ab",   "abc",   "{\"",  "\"}", "\",",      "\": ",     "\":",
        ", \"", "}}",   "}, {", "[[",    "]]",   "],",  " \"",      "12",       "345",
        "0.5",  "-1",   "true", "false", "null", "tr",  "ue",       "\\\"",     "\\u00",
        "\\n",  "name", "age",  "e-7",   "2024", "-0",  "\xC3\xA9", "\xE2\x82", "\xAC\""}) {
    tokens.emplace_back(token);
  }
  tokens.emplace_back();
  return std::make_shared<const Vocabulary>(tokens);
}

// Chooses among the allowed tokens alike until the output ends; stop tokens end it.
inline std::string random_output(Constraint& constraint, const Vocabulary& vocabulary,
                                 size_t max_new_tokens, Random& random) {
  std::string text;
  std::vector<int32_t> ids;
  for (size_t left = max_new_tokens; left > 0; --left) {
    const std::span<const uint64_t> allowed = constraint.allowed(left);
    if (allowed.empty()) break;
    ids.clear();
    for (size_t id = 0; id < vocabulary.size(); ++id) {
      if ((allowed[id / 64] >> (id % 64) & 1) != 0) ids.push_back(static_cast<int32_t>(id));
    }
    const int32_t id = ids[random.below(ids.size())];
    if (vocabulary.token(id).empty()) break;
    constraint.accept(id);
    text += vocabulary.token(id);
  }
  return text;
}

}  // namespace twin
