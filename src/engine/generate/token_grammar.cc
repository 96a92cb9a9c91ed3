#include "engine/generate/token_grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace twin {
namespace {

constexpr uint64_t kAnyRest = ByteGraph::kNever;

void set_bit(std::vector<uint64_t>& bits, int32_t id) {
  bits[static_cast<size_t>(id) / 64] |= uint64_t{1} << (static_cast<size_t>(id) % 64);
}

}  // namespace

TokenGrammar::TokenGrammar(const Grammar& grammar, std::shared_ptr<const Vocabulary> vocabulary,
                           const std::string& where)
    : graph_(std::make_shared<const ByteGraph>(grammar, vocabulary->bytes(), where)),
      vocabulary_(std::move(vocabulary)),
      automaton_(std::make_unique<ByteAutomaton>(graph_)),
      at_depth_(vocabulary_->max_depth() + 1) {}

void TokenGrammar::make_room() {
  if (automaton_->bytes() + mask_bytes_ <= kMostBytes) return;
  automaton_ = std::make_unique<ByteAutomaton>(graph_);
  masks_.clear();
  mask_bytes_ = 0;
  ++epoch_;
}

const TokenGrammar::Mask& TokenGrammar::mask(State state) {
  const auto known = masks_.find(state);
  if (known != masks_.end()) return known->second;
  Mask mask = walk(state, kAnyRest);
  mask_bytes_ += mask.allowed.size() * sizeof(uint64_t) + 96;
  return masks_.emplace(state, std::move(mask)).first->second;
}

TokenGrammar::Mask TokenGrammar::walk(State state, uint64_t most_rest) {
  Mask mask;
  mask.allowed.assign((vocabulary_->size() + 63) / 64, 0);
  const std::vector<Vocabulary::Node>& nodes = vocabulary_->nodes();
  at_depth_[0] = state;
  for (size_t n = 0; n < nodes.size();) {
    const Vocabulary::Node& node = nodes[n];
    const State next = automaton_->next(at_depth_[node.depth - 1], node.byte);
    if (next == ByteAutomaton::kDead) {
      n = node.skip;
      continue;
    }
    at_depth_[node.depth] = next;
    const auto ids = vocabulary_->tokens_at(n);
    if (!ids.empty()) {
      const uint64_t rest = automaton_->shortest(next);
      if (rest <= most_rest) {
        for (const int32_t id : ids) set_bit(mask.allowed, id);
        mask.count += ids.size();
        mask.longest_rest = std::max(mask.longest_rest, rest);
      }
    }
    ++n;
  }
  return mask;
}

Constraint::Constraint(std::shared_ptr<TokenGrammar> grammar) : grammar_(std::move(grammar)) {}

void Constraint::begin(size_t max_new_tokens, std::span<const int32_t> stop_tokens) {
  const std::lock_guard lock(grammar_->mutex_);
  text_.clear();
  epoch_ = UINT64_MAX;
  const size_t V = grammar_->vocabulary_->size();
  stop_tokens_.clear();
  for (const int32_t id : stop_tokens) {
    if (id < 0 || static_cast<size_t>(id) >= V) continue;
    if (!grammar_->vocabulary_->token(id).empty()) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("stop token {} has text of its own, which the grammar may need: with a "
                      "grammar only special tokens may stop",
                      id));
    }
    stop_tokens_.push_back(id);
  }
  const std::string rest = grammar_->automaton_->shortest_rest(state());
  plan_ = grammar_->vocabulary_->fewest_tokens(rest);
  std::reverse(plan_.begin(), plan_.end());
  has_plan_ = true;
  if (plan_.size() > max_new_tokens) {
    throw Error(
        ErrorCode::kBadInput,
        fmt::format("the shortest output that the grammar allows takes {} tokens ({} bytes); "
                    "max_new_tokens is {}",
                    plan_.size(), rest.size(), max_new_tokens));
  }
}

// Requires the lock.
TokenGrammar::State Constraint::state() {
  if (epoch_ != grammar_->epoch_) {
    ByteAutomaton& automaton = *grammar_->automaton_;
    state_ = automaton.start();
    for (const char c : text_) state_ = automaton.next(state_, static_cast<uint8_t>(c));
    epoch_ = grammar_->epoch_;
  }
  return state_;
}

std::span<const uint64_t> Constraint::allowed(size_t left) {
  const std::lock_guard lock(grammar_->mutex_);
  grammar_->make_room();
  const TokenGrammar::State here = state();
  ByteAutomaton& automaton = *grammar_->automaton_;
  if (automaton.must_end(here)) return {};
  const TokenGrammar::Mask& mask = grammar_->mask(here);
  size_t count = mask.count;
  if (left > 0 && mask.longest_rest <= left - 1) {
    allowed_ = mask.allowed;
  } else {
    // Near the end: only tokens behind which the rest fits byte by byte, and the first of a plan
    // whose tokens are known to be few enough.
    if (!has_plan_) {
      plan_ = grammar_->vocabulary_->fewest_tokens(automaton.shortest_rest(here));
      std::reverse(plan_.begin(), plan_.end());
      has_plan_ = true;
    }
    TWIN_CHECK(plan_.size() <= left);
    TokenGrammar::Mask few;
    few.allowed.assign(mask.allowed.size(), 0);
    if (left > 0) few = grammar_->walk(here, left - 1);
    if (!plan_.empty()) set_bit(few.allowed, plan_.back());
    count = few.count + !plan_.empty();
    allowed_ = std::move(few.allowed);
  }
  if (count == 0) return {};
  if (automaton.accepts(here)) {
    for (const int32_t id : stop_tokens_) set_bit(allowed_, id);
  }
  return allowed_;
}

void Constraint::accept(int32_t id) {
  const std::lock_guard lock(grammar_->mutex_);
  TokenGrammar::State at = state();
  const std::string_view bytes = grammar_->vocabulary_->token(id);
  for (const char c : bytes) at = grammar_->automaton_->next(at, static_cast<uint8_t>(c));
  TWIN_CHECK(at != ByteAutomaton::kDead && !bytes.empty());
  text_ += bytes;
  state_ = at;
  if (has_plan_ && !plan_.empty() && plan_.back() == id) {
    plan_.pop_back();
  } else {
    has_plan_ = false;
  }
}

bool Constraint::may_end() {
  const std::lock_guard lock(grammar_->mutex_);
  return grammar_->automaton_->accepts(state());
}

}  // namespace twin
