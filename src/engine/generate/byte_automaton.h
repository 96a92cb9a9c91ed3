#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/generate/byte_graph.h"

namespace twin {

// Where a text may be in a grammar, byte by byte: a pushdown automaton that follows all readings at
// once. A state is a set of places in the graph, each with the set of places its rule returns to
// (a graph-structured stack: equal stacks are one, so ambiguity costs no more than its places).
// States and steps are made when first needed and kept. One thread at a time. Errors, of the
// constructor and of whatever makes a step: kBadInput where too many places would be followed.
class ByteAutomaton {
 public:
  using State = uint32_t;
  static constexpr State kDead = 0;  // no output begins so

  explicit ByteAutomaton(std::shared_ptr<const ByteGraph> graph);

  State start() const { return start_; }
  State next(State state, uint8_t byte) {
    const uint16_t c = graph_->byte_class(byte);
    if (c == ByteGraph::kNoClass) return kDead;
    const State known = steps_[state * classes_ + c];
    return known != kUnknown ? known : step(state, byte);
  }
  // Whether the output may end here.
  bool accepts(State state) const { return sets_[state].shortest == 0; }
  // Whether it must: no byte may follow.
  bool must_end(State state) const {
    return sets_[state].places.size() == 1 && sets_[state].places[0].node == graph_->end();
  }
  // Bytes of the shortest rest of an output; not for kDead.
  uint64_t shortest(State state) const { return sets_[state].shortest; }
  // Such a rest.
  std::string shortest_rest(State state);

  // What the states made so far take, about.
  size_t bytes() const { return bytes_; }

 private:
  static constexpr State kUnknown = UINT32_MAX;

  struct Place {
    uint32_t node;
    State tail;  // the places to return to
    bool operator==(const Place&) const = default;
  };
  struct Set {
    std::vector<Place> places;  // by node, each node once
    uint64_t shortest;
  };
  // All that is reached from a node without a byte.
  struct Closure {
    std::vector<uint32_t> readers;  // nodes with edges, and end()
    std::vector<ByteGraph::Call> calls;
    bool final = false;
    size_t nodes = 0;         // all of them
    bool only_final = false;  // nothing else: a call that returns here need not return
  };
  class Walk;

  State step(State state, uint8_t byte);
  State intern(std::vector<Place> places);
  State unite(State a, State b);
  const Closure& closure(uint32_t node);

  std::shared_ptr<const ByteGraph> graph_;
  size_t classes_;
  std::vector<Set> sets_;
  std::vector<State> steps_;  // (sets, classes)
  std::unordered_multimap<uint64_t, State> by_hash_;
  std::unordered_map<uint64_t, State> unions_;
  std::unordered_map<uint32_t, Closure> closures_;
  State start_ = kDead;
  size_t bytes_ = 0;
};

}  // namespace twin
