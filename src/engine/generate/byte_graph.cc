#include "engine/generate/byte_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <queue>

#include "base/error.h"

namespace twin {

// Turns a grammar's nodes into the graph's.
class ByteGraphBuilder {
 public:
  ByteGraphBuilder(const Grammar& grammar, ByteGraph& graph, const std::string& where)
      : grammar_(grammar), graph_(graph), where_(where) {}

  void build() {
    for (size_t i = 0; i < grammar_.rules.size(); ++i) graph_.starts_.push_back(add());
    for (size_t i = 0; i < grammar_.rules.size(); ++i) {
      const uint32_t last = add();
      graph_.nodes_[last].final = true;
      lay(grammar_.rules[i].node, graph_.starts_[i], last, 0);
    }
    graph_.root_ = grammar_.root;
    graph_.end_ = add();
    graph_.nodes_[graph_.end_].final = true;
  }

 private:
  uint32_t add() {
    if (graph_.nodes_.size() == ByteGraph::kMaxNodes) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("{}, line {}: the grammar is too large with this repetition or class: "
                      "more than {} places",
                      where_, line_, ByteGraph::kMaxNodes));
    }
    graph_.nodes_.emplace_back();
    return static_cast<uint32_t>(graph_.nodes_.size() - 1);
  }

  // Lays what `n` stands for between two nodes. Depth is bounded by the reader's limits.
  void lay(uint32_t n, uint32_t from, uint32_t to, size_t depth) {
    const Grammar::Node& node = grammar_.nodes[n];
    line_ = node.line;
    switch (node.kind) {
      case Grammar::Kind::kLiteral: {
        uint32_t at = from;
        for (size_t i = 0; i < node.literal.size(); ++i) {
          const auto byte = static_cast<uint8_t>(node.literal[i]);
          const uint32_t next = i + 1 == node.literal.size() ? to : add();
          graph_.nodes_[at].edges.push_back({byte, byte, next});
          at = next;
        }
        if (node.literal.empty()) graph_.nodes_[from].skips.push_back(to);
        break;
      }
      case Grammar::Kind::kChars:
        lay_chars(node.chars, from, to);
        break;
      case Grammar::Kind::kSequence: {
        uint32_t at = from;
        for (size_t i = 0; i < node.children.size(); ++i) {
          const uint32_t next = i + 1 == node.children.size() ? to : add();
          lay(node.children[i], at, next, depth + 1);
          at = next;
        }
        if (node.children.empty()) graph_.nodes_[from].skips.push_back(to);
        break;
      }
      case Grammar::Kind::kChoice:
        for (const uint32_t child : node.children) {
          // A choice's own start: a repetition in it must not come back into the others.
          const uint32_t start = add();
          graph_.nodes_[from].skips.push_back(start);
          lay(child, start, to, depth + 1);
        }
        break;
      case Grammar::Kind::kRepeat:
        lay_repeat(node, from, to, depth);
        break;
      case Grammar::Kind::kRule:
        graph_.nodes_[from].calls.push_back({node.rule, to});
        break;
    }
  }

  void lay_repeat(const Grammar::Node& node, uint32_t from, uint32_t to, size_t depth) {
    const bool endless = node.max == Grammar::kNoMax;
    uint32_t at = from;
    // The last one of an endless repetition is the loop itself: a copy more for each of x++++ would
    // double the graph with every sign.
    for (size_t i = endless ? 1 : 0; i < node.min; ++i) {
      const uint32_t next = add();
      lay(node.children[0], at, next, depth + 1);
      at = next;
    }
    if (endless) {
      const uint32_t loop = add();
      graph_.nodes_[at].skips.push_back(loop);
      const uint32_t back = add();
      lay(node.children[0], loop, back, depth + 1);
      graph_.nodes_[back].skips.push_back(loop);
      graph_.nodes_[node.min > 0 ? back : loop].skips.push_back(to);
      return;
    }
    for (size_t i = node.min; i < node.max; ++i) {
      const uint32_t next = add();
      graph_.nodes_[at].skips.push_back(to);
      // The way in is a node of its own, so that `at` keeps nothing but the choice.
      const uint32_t start = add();
      graph_.nodes_[at].skips.push_back(start);
      lay(node.children[0], start, next, depth + 1);
      at = next;
    }
    graph_.nodes_[at].skips.push_back(to);
  }

  // A range of code points as byte ranges: it is split until each byte varies independently.
  void lay_chars(const std::vector<CodePoints>& chars, uint32_t from, uint32_t to) {
    std::map<std::vector<std::pair<uint8_t, uint8_t>>, uint32_t> tails;  // shared within the class
    tails[{}] = to;
    for (const CodePoints& range : chars) split(range.low, range.high, from, tails);
  }

  using Tails = std::map<std::vector<std::pair<uint8_t, uint8_t>>, uint32_t>;

  void split(uint32_t low, uint32_t high, uint32_t from, Tails& tails) {
    for (const uint32_t last : {0x7Fu, 0x7FFu, 0xFFFFu}) {
      if (low <= last && last < high) {
        split(low, last, from, tails);
        split(last + 1, high, from, tails);
        return;
      }
    }
    const size_t length = low < 0x80 ? 1 : low < 0x800 ? 2 : low < 0x10000 ? 3 : 4;
    for (size_t i = 1; i < length; ++i) {
      const uint32_t mask = (1u << (6 * i)) - 1;
      if ((low & ~mask) == (high & ~mask)) continue;
      if ((low & mask) != 0) {
        split(low, low | mask, from, tails);
        split((low | mask) + 1, high, from, tails);
        return;
      }
      if ((high & mask) != mask) {
        split(low, (high & ~mask) - 1, from, tails);
        split(high & ~mask, high, from, tails);
        return;
      }
    }
    std::string first, second;
    append_utf8(low, first);
    append_utf8(high, second);
    std::vector<std::pair<uint8_t, uint8_t>> tail;
    uint32_t next = tails[{}];
    for (size_t i = length; i-- > 1;) {
      tail.insert(tail.begin(), {static_cast<uint8_t>(first[i]), static_cast<uint8_t>(second[i])});
      auto known = tails.find(tail);
      if (known == tails.end()) {
        const uint32_t node = add();
        graph_.nodes_[node].edges.push_back({tail.front().first, tail.front().second, next});
        known = tails.emplace(tail, node).first;
      }
      next = known->second;
    }
    graph_.nodes_[from].edges.push_back(
        {static_cast<uint8_t>(first[0]), static_cast<uint8_t>(second[0]), next});
  }

  const Grammar& grammar_;
  ByteGraph& graph_;
  const std::string& where_;
  size_t line_ = 0;
};

ByteGraph::ByteGraph(const Grammar& grammar, const std::bitset<256>& bytes,
                     const std::string& where) {
  ByteGraphBuilder(grammar, *this, where).build();
  std::bitset<256> all;
  all.set();
  find_shortest(all);
  for (size_t i = 0; i < grammar.rules.size(); ++i) {
    if (shortest_[starts_[i]] == kNever) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}, line {}: rule '{}' never ends", where,
                                                    grammar.rules[i].line, grammar.rules[i].name));
    }
  }
  refuse_left_recursion(grammar, where);
  if (!bytes.all()) find_shortest(bytes);
  if (shortest_[root()] == kNever) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: the tokens of this vocabulary cannot spell any output", where));
  }
  find_classes(bytes);
}

// Source: Knuth 1977, "A generalization of Dijkstra's algorithm": a call costs the length of the
// rule and the way on behind it.
void ByteGraph::find_shortest(const std::bitset<256>& bytes) {
  struct Before {
    uint32_t node;
    uint64_t cost;
  };
  std::vector<std::vector<Before>> before(nodes_.size());
  std::vector<std::vector<std::pair<uint32_t, Call>>> returns(nodes_.size());
  std::vector<std::vector<std::pair<uint32_t, Call>>> callers(starts_.size());
  std::vector<std::vector<uint32_t>> rules_of(nodes_.size());
  for (uint32_t r = 0; r < starts_.size(); ++r) rules_of[starts_[r]].push_back(r);
  shortest_.assign(nodes_.size(), kNever);
  std::vector<bool> done(nodes_.size());
  using Item = std::pair<uint64_t, uint32_t>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  const auto offer = [&](uint32_t n, uint64_t length) {
    length = std::min(length, kNever - 1);
    if (length < shortest_[n]) {
      shortest_[n] = length;
      queue.push({length, n});
    }
  };
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    for (const Edge& edge : nodes_[n].edges) {
      bool any = false;
      for (unsigned b = edge.low; b <= edge.high && !any; ++b) any = bytes[b];
      if (any) before[edge.to].push_back({n, 1});
    }
    for (const uint32_t to : nodes_[n].skips) before[to].push_back({n, 0});
    for (const Call& call : nodes_[n].calls) {
      returns[call.back].push_back({n, call});
      callers[call.rule].push_back({n, call});
    }
    if (nodes_[n].final) offer(n, 0);
  }
  while (!queue.empty()) {
    const auto [length, n] = queue.top();
    queue.pop();
    if (done[n] || length != shortest_[n]) continue;
    done[n] = true;
    for (const Before& b : before[n]) offer(b.node, length + b.cost);
    for (const auto& [caller, call] : returns[n]) {
      if (done[starts_[call.rule]]) offer(caller, length + shortest_[starts_[call.rule]]);
    }
    for (const uint32_t rule : rules_of[n]) {
      for (const auto& [caller, call] : callers[rule]) {
        if (done[call.back]) offer(caller, length + shortest_[call.back]);
      }
    }
  }
}

void ByteGraph::refuse_left_recursion(const Grammar& grammar, const std::string& where) const {
  // Which rules a rule may begin with, before any byte.
  const size_t R = starts_.size();
  std::vector<std::vector<uint32_t>> begins(R);
  std::vector<uint32_t> seen(nodes_.size(), UINT32_MAX);
  for (uint32_t r = 0; r < R; ++r) {
    std::vector<uint32_t> stack = {starts_[r]};
    seen[starts_[r]] = r;
    const auto visit = [&](uint32_t n) {
      if (seen[n] == r) return;
      seen[n] = r;
      stack.push_back(n);
    };
    while (!stack.empty()) {
      const uint32_t n = stack.back();
      stack.pop_back();
      for (const uint32_t to : nodes_[n].skips) visit(to);
      for (const Call& call : nodes_[n].calls) {
        begins[r].push_back(call.rule);
        if (shortest_[starts_[call.rule]] == 0) visit(call.back);
      }
    }
  }
  std::vector<int> state(R, 0);  // 1: on the way, 2: done
  for (uint32_t first = 0; first < R; ++first) {
    std::vector<std::pair<uint32_t, size_t>> way = {{first, 0}};
    while (!way.empty()) {
      auto& [rule, next] = way.back();
      if (next == 0 && state[rule] == 2) {
        way.pop_back();
        continue;
      }
      state[rule] = 1;
      if (next == begins[rule].size()) {
        state[rule] = 2;
        way.pop_back();
        continue;
      }
      const uint32_t to = begins[rule][next++];
      if (state[to] == 1) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("{}, line {}: rule '{}' can begin with itself (left recursion); "
                                "write it with * or + instead",
                                where, grammar.rules[to].line, grammar.rules[to].name));
      }
      if (state[to] == 0) way.push_back({to, 0});
    }
  }
}

void ByteGraph::find_classes(const std::bitset<256>& bytes) {
  std::bitset<257> cut;
  for (const Node& node : nodes_) {
    for (const Edge& edge : node.edges) {
      cut.set(edge.low);
      cut.set(static_cast<size_t>(edge.high) + 1);
    }
  }
  bool open = false;
  for (size_t b = 0; b < 256; ++b) {
    if (cut[b]) open = false;
    if (!bytes[b]) continue;
    if (!open) representatives_.push_back(static_cast<uint8_t>(b));
    open = true;
    class_of_[b] = static_cast<uint16_t>(representatives_.size() - 1);
  }
}

}  // namespace twin
