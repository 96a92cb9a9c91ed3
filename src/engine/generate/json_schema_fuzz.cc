#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "engine/generate/byte_automaton.h"
#include "engine/generate/json_schema.h"

// A schema is refused with an Error, or the shortest output of its grammar is JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const twin::Grammar grammar = twin::json_schema_grammar(text, "fuzz");
    twin::ByteAutomaton automaton(
        std::make_shared<const twin::ByteGraph>(grammar, std::bitset<256>().set(), "fuzz"));
    if (automaton.shortest(automaton.start()) > 2000) return 0;
    const std::string rest = automaton.shortest_rest(automaton.start());
    try {
      twin::parse_json(rest, "output", {.max_bytes = 1 << 20, .max_depth = 4000});
    } catch (const twin::Error& error) {
      twin::throw_bug("the output is JSON", __FILE__, __LINE__, rest + ": " + error.what());
    }
  } catch (const twin::Error&) {
  }
  return 0;
}
