#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/generate/grammar.h"

namespace twin {

// A grammar compiled to a graph over bytes: one subgraph per rule, UTF-8 ranges spelt as byte
// ranges, a rule inside another as a call that returns to a node. Immutable; thread-safe.
class ByteGraph {
 public:
  static constexpr uint64_t kNever = uint64_t{1} << 50;  // lengths are capped here
  static constexpr size_t kMaxNodes = 1 << 19;

  struct Edge {
    uint8_t low, high;
    uint32_t to;
  };
  struct Call {
    uint32_t rule;
    uint32_t back;  // where the caller goes on
  };
  struct Node {
    std::vector<Edge> edges;
    std::vector<uint32_t> skips;  // nodes reached without a byte
    std::vector<Call> calls;
    bool final = false;  // the rule may end here
  };

  // `bytes`: those that may be written; others are as if they were in no range.
  // `where` names the grammar in errors. Errors: kBadInput with line and reason where a rule is
  // left-recursive or never ends, where repetitions make more than kMaxNodes nodes, or where
  // nothing can be written with `bytes`.
  ByteGraph(const Grammar& grammar, const std::bitset<256>& bytes, const std::string& where);

  const Node& node(uint32_t n) const { return nodes_[n]; }
  uint32_t start(uint32_t rule) const { return starts_[rule]; }
  uint32_t root() const { return starts_[root_]; }
  // A node of no rule, behind the root's end.
  uint32_t end() const { return end_; }
  // Bytes of the shortest way from a node to its rule's end; kNever: there is none.
  uint64_t shortest(uint32_t n) const { return shortest_[n]; }
  // Bytes that no edge tells apart share a class; kNoClass: may not be written.
  static constexpr uint16_t kNoClass = UINT16_MAX;
  uint16_t byte_class(uint8_t byte) const { return class_of_[byte]; }
  // One byte of each class.
  const std::vector<uint8_t>& representatives() const { return representatives_; }

 private:
  friend class ByteGraphBuilder;
  void find_shortest(const std::bitset<256>& bytes);
  void refuse_left_recursion(const Grammar& grammar, const std::string& where) const;
  void find_classes(const std::bitset<256>& bytes);

  std::vector<Node> nodes_;
  std::vector<uint32_t> starts_;  // of each rule
  uint32_t root_ = 0;
  uint32_t end_ = 0;
  std::vector<uint64_t> shortest_;
  std::vector<uint16_t> class_of_ = std::vector<uint16_t>(256, kNoClass);
  std::vector<uint8_t> representatives_;
};

}  // namespace twin
