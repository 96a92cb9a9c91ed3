#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engine/generate/byte_automaton.h"

// A grammar is refused with an Error, or its shortest output is one of its outputs.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const twin::Grammar grammar = twin::parse_grammar(text, "fuzz", {.max_repeat = 200});
    twin::ByteAutomaton automaton(
        std::make_shared<const twin::ByteGraph>(grammar, std::bitset<256>().set(), "fuzz"));
    if (automaton.shortest(automaton.start()) > 2000) return 0;
    twin::ByteAutomaton::State state = automaton.start();
    for (const char c : automaton.shortest_rest(state)) {
      state = automaton.next(state, static_cast<uint8_t>(c));
    }
    TWIN_CHECK(automaton.accepts(state));
    // Any way through the automaton stays alive and bounded.
    state = automaton.start();
    for (size_t i = 0; i < size && i < 300 && automaton.bytes() < (size_t{64} << 20); ++i) {
      const twin::ByteAutomaton::State next = automaton.next(state, data[i]);
      if (next != twin::ByteAutomaton::kDead) state = next;
    }
  } catch (const twin::Error&) {
  }
  return 0;
}
