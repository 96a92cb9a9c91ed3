#include "engine/generate/byte_automaton.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"

namespace twin {
namespace {

// Of one step; a long list of options takes thousands. Repetitions of repetitions
// ("a"{0,9}{0,9}...) could take as many as there are nodes, squared.
constexpr size_t kMaxReadings = size_t{1} << 22;

}  // namespace

// Gathers a set of places: follows what takes no byte, uniting the tails of places met twice.
class ByteAutomaton::Walk {
 public:
  explicit Walk(ByteAutomaton& automaton) : a_(automaton) {}

  void visit(uint32_t node, State tail) {
    if (a_.graph_->shortest(node) == ByteGraph::kNever) return;
    const auto [it, is_new] = seen_.try_emplace(node, tail);
    if (!is_new) {
      const State both = a_.unite(it->second, tail);
      if (both == it->second) return;
      it->second = both;
    }
    pending_.push_back(node);
  }

  State finish() {
    while (!pending_.empty()) {
      const uint32_t node = pending_.back();
      pending_.pop_back();
      const State tail = seen_.at(node);
      const Closure& closure = a_.closure(node);
      readings_ += closure.nodes;
      if (readings_ > kMaxReadings) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("the grammar is too ambiguous: over {} readings of one byte; "
                                "fewer repetitions within repetitions would do",
                                kMaxReadings));
      }
      for (const uint32_t reader : closure.readers) {
        const auto [it, is_new] = readers_.try_emplace(reader, tail);
        if (!is_new) it->second = a_.unite(it->second, tail);
      }
      for (const ByteGraph::Call& call : closure.calls) {
        const uint32_t start = a_.graph_->start(call.rule);
        if (a_.graph_->shortest(start) == ByteGraph::kNever ||
            a_.graph_->shortest(call.back) == ByteGraph::kNever) {
          continue;
        }
        const bool returns = !a_.closure(call.back).only_final;
        visit(start, returns ? a_.intern({{call.back, tail}}) : tail);
      }
      if (closure.final) {
        const std::vector<Place> places = a_.sets_[tail].places;
        for (const Place& place : places) visit(place.node, place.tail);
      }
    }
    std::vector<Place> places;
    for (const auto& [node, tail] : readers_) places.push_back({node, tail});
    std::sort(places.begin(), places.end(),
              [](const Place& x, const Place& y) { return x.node < y.node; });
    return a_.intern(std::move(places));
  }

 private:
  ByteAutomaton& a_;
  std::unordered_map<uint32_t, State> seen_, readers_;
  std::vector<uint32_t> pending_;
  size_t readings_ = 0;
};

ByteAutomaton::ByteAutomaton(std::shared_ptr<const ByteGraph> graph)
    : graph_(std::move(graph)), classes_(graph_->representatives().size()) {
  sets_.push_back({{}, ByteGraph::kNever});  // kDead
  steps_.assign(classes_, kDead);
  Walk walk(*this);
  walk.visit(graph_->root(), intern({{graph_->end(), kDead}}));
  start_ = walk.finish();
}

const ByteAutomaton::Closure& ByteAutomaton::closure(uint32_t node) {
  const auto known = closures_.find(node);
  if (known != closures_.end()) return known->second;
  Closure c;
  std::vector<uint32_t> stack = {node};
  std::unordered_set<uint32_t> met = {node};
  while (!stack.empty()) {
    const uint32_t n = stack.back();
    stack.pop_back();
    const ByteGraph::Node& here = graph_->node(n);
    if (!here.edges.empty() || n == graph_->end()) c.readers.push_back(n);
    c.calls.insert(c.calls.end(), here.calls.begin(), here.calls.end());
    c.final = c.final || (here.final && n != graph_->end());
    for (const uint32_t to : here.skips) {
      const bool leads_on = graph_->shortest(to) != ByteGraph::kNever;
      if (leads_on && met.insert(to).second) stack.push_back(to);
    }
  }
  c.nodes = met.size();
  c.only_final = c.final && c.readers.empty() && c.calls.empty();
  bytes_ += sizeof(Closure) + 64 + c.readers.size() * 4 + c.calls.size() * 8;
  return closures_.emplace(node, std::move(c)).first->second;
}

ByteAutomaton::State ByteAutomaton::step(State state, uint8_t byte) {
  Walk walk(*this);
  const std::vector<Place> places = sets_[state].places;  // intern() may move the sets
  for (const Place& place : places) {
    for (const ByteGraph::Edge& edge : graph_->node(place.node).edges) {
      if (edge.low <= byte && byte <= edge.high) walk.visit(edge.to, place.tail);
    }
  }
  const State to = walk.finish();
  steps_[state * classes_ + graph_->byte_class(byte)] = to;
  return to;
}

ByteAutomaton::State ByteAutomaton::intern(std::vector<Place> places) {
  if (places.empty()) return kDead;
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (const Place& place : places) {
    hash = (hash ^ place.node) * 0xff51afd7ed558ccd;
    hash = ((hash ^ (hash >> 32)) ^ place.tail) * 0xc4ceb9fe1a85ec53;
  }
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (sets_[it->second].places == places) return it->second;
  }
  // The shortest way out of a place, then out of where it returns to. A tail is a set as well; the
  // end's own is empty.
  uint64_t shortest = ByteGraph::kNever;
  for (const Place& place : places) {
    const uint64_t on = place.node == graph_->end() ? 0 : sets_[place.tail].shortest;
    shortest =
        std::min(shortest, std::min(graph_->shortest(place.node) + on, ByteGraph::kNever - 1));
  }
  const auto state = static_cast<State>(sets_.size());
  bytes_ += sizeof(Set) + places.size() * sizeof(Place) + classes_ * sizeof(State) + 48;
  sets_.push_back({std::move(places), shortest});
  steps_.resize(steps_.size() + classes_, kUnknown);
  by_hash_.emplace(hash, state);
  return state;
}

ByteAutomaton::State ByteAutomaton::unite(State a, State b) {
  if (a == b || b == kDead) return a;
  if (a == kDead) return b;
  if (a > b) std::swap(a, b);
  const uint64_t key = static_cast<uint64_t>(a) << 32 | b;
  const auto known = unions_.find(key);
  if (known != unions_.end()) return known->second;
  const std::vector<Place> x = sets_[a].places, y = sets_[b].places;
  std::vector<Place> both;
  for (size_t i = 0, j = 0; i < x.size() || j < y.size();) {
    if (j == y.size() || (i < x.size() && x[i].node < y[j].node)) {
      both.push_back(x[i++]);
    } else if (i == x.size() || y[j].node < x[i].node) {
      both.push_back(y[j++]);
    } else {
      both.push_back({x[i].node, unite(x[i].tail, y[j].tail)});
      ++i, ++j;
    }
  }
  const State united = intern(std::move(both));
  unions_.emplace(key, united);
  bytes_ += 48;
  return united;
}

std::string ByteAutomaton::shortest_rest(State state) {
  std::string rest;
  while (shortest(state) > 0) {
    const uint64_t wanted = shortest(state) - 1;
    bool found = false;
    for (const uint8_t byte : graph_->representatives()) {
      const State to = next(state, byte);
      if (to == kDead || shortest(to) != wanted) continue;
      rest += static_cast<char>(byte);
      state = to;
      found = true;
      break;
    }
    TWIN_CHECK(found);
  }
  return rest;
}

}  // namespace twin
