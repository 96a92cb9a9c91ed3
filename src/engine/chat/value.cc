#include "engine/chat/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/chat/characters.h"

namespace twin::chat {
namespace {

size_t deeper_than(size_t depth) {
  if (depth >= kMaxValueDepth) {
    throw Failure(fmt::format("values nested deeper than the limit of {}", kMaxValueDepth));
  }
  return depth + 1;
}

class SequenceIterator : public Iterator {
 public:
  explicit SequenceIterator(std::shared_ptr<const Sequence> sequence)
      : sequence_(std::move(sequence)) {}
  bool next(Value& item) override {
    if (at_ == sequence_->items.size()) return false;
    item = sequence_->items[at_++];
    return true;
  }

 private:
  std::shared_ptr<const Sequence> sequence_;
  size_t at_ = 0;
};

class KeyIterator : public Iterator {
 public:
  explicit KeyIterator(std::shared_ptr<const Dict> dict) : dict_(std::move(dict)) {}
  bool next(Value& item) override {
    if (at_ == dict_->entries().size()) return false;
    item = dict_->entries()[at_++].first;
    return true;
  }

 private:
  std::shared_ptr<const Dict> dict_;
  size_t at_ = 0;
};

class CharacterIterator : public Iterator {
 public:
  explicit CharacterIterator(Value text) : text_(std::move(text)) {}
  bool next(Value& item) override {
    if (at_ == text_.bytes().size()) return false;
    const size_t end = at_ + character_at(text_.bytes(), at_).bytes;
    item = text_.text().substr(at_, end);
    at_ = end;
    return true;
  }

 private:
  Value text_;
  size_t at_ = 0;
};

class EmptyIterator : public Iterator {
 public:
  bool next(Value&) override { return false; }
};

}  // namespace

Value Value::undefined(std::string message) {
  Value value;
  value.data_ = Undefined{std::make_shared<const std::string>(std::move(message))};
  return value;
}

int64_t Value::integral() const {
  return is(Kind::kBoolean) ? static_cast<int64_t>(boolean()) : std::get<int64_t>(data_);
}

double Value::number() const {
  return is(Kind::kReal) ? std::get<double>(data_) : static_cast<double>(integral());
}

const std::string& Value::undefined_message() const {
  static const std::string kNoName = "a value is undefined";
  const auto& message = std::get<Undefined>(data_).message;
  return message ? *message : kNoName;
}

size_t Value::depth() const {
  switch (kind()) {
    case Kind::kSequence:
      return sequence()->depth;
    case Kind::kDict:
      return dict()->depth();
    case Kind::kObject:
      return object()->depth();
    default:
      return 0;
  }
}

bool Value::same_as(const Value& other) const {
  if (kind() != other.kind()) return false;
  switch (kind()) {
    case Kind::kNone:
      return true;
    case Kind::kBoolean:
      return boolean() == other.boolean();
    case Kind::kInteger:
      return integral() == other.integral();
    case Kind::kText:
      return &text() == &other.text();
    case Kind::kSequence:
      return sequence() == other.sequence();
    case Kind::kDict:
      return dict() == other.dict();
    case Kind::kNs:
      return ns() == other.ns();
    case Kind::kObject:
      return object() == other.object();
    default:
      return false;
  }
}

Value make_sequence(Sequence::Type type, std::vector<Value> items) {
  auto sequence = std::make_shared<Sequence>();
  sequence->type = type;
  size_t depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  sequence->depth = deeper_than(depth);
  sequence->items = std::move(items);
  return Value(std::shared_ptr<const Sequence>(std::move(sequence)));
}

std::optional<size_t> Dict::index_of(Budget& budget, const Value& key) const {
  if (key.is(Kind::kText)) {
    const auto found = by_text_.find(key.bytes());
    return found == by_text_.end() ? std::nullopt : std::optional(found->second);
  }
  if (!hashable(budget, key)) return std::nullopt;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (equals(budget, entries_[i].first, key)) return i;
  }
  return std::nullopt;
}

void Dict::set(Budget& budget, const Value& key, Value value) {
  if (!hashable(budget, key)) {
    throw Failure(fmt::format("unhashable type: '{}'", type_name(key)));
  }
  depth_ = std::max(depth_, deeper_than(std::max(key.depth(), value.depth())));
  if (const auto at = index_of(budget, key)) {
    entries_[*at].second = std::move(value);
    return;
  }
  entries_.emplace_back(key, std::move(value));
  if (key.is(Kind::kText)) by_text_.emplace(key.bytes(), entries_.size() - 1);
}

const Value* Dict::find(Budget& budget, const Value& key) const {
  const auto at = index_of(budget, key);
  return at ? &entries_[*at].second : nullptr;
}

const Value* Dict::find(std::string_view key) const {
  const auto found = by_text_.find(key);
  return found == by_text_.end() ? nullptr : &entries_[found->second].second;
}

Value* Namespace::find(std::string_view name) {
  for (auto& [key, value] : attributes) {
    if (key == name) return &value;
  }
  return nullptr;
}

void Namespace::set(std::string_view name, Value value) {
  if (name.starts_with('_')) {
    throw Failure(
        fmt::format("cannot store the underscore-prefixed attribute '{}' on a namespace", name));
  }
  if (Value* found = find(name)) {
    *found = std::move(value);
  } else {
    attributes.emplace_back(name, std::move(value));
  }
}

Value Object::call(const Arguments&) {
  throw Failure(fmt::format("'{}' object is not callable", type_name()));
}

std::optional<Value> Object::attribute(std::string_view) { return std::nullopt; }
std::unique_ptr<Iterator> Object::iterate(const std::shared_ptr<Object>&) { return nullptr; }

bool truthy(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBoolean:
    case Kind::kInteger:
      return value.integral() != 0;
    case Kind::kReal:
      return value.number() != 0;
    case Kind::kText:
      return !value.bytes().empty();
    case Kind::kSequence:
      return !value.sequence()->items.empty();
    case Kind::kDict:
      return !value.dict()->entries().empty();
    case Kind::kNs:
      return true;
    case Kind::kObject:
      return value.object()->length() != 0;
  }
  return false;
}

std::string type_name(const Value& value) {
  static constexpr const char* kSequences[] = {"list",      "tuple",       "range",
                                               "dict_keys", "dict_values", "dict_items"};
  switch (value.kind()) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "NoneType";
    case Kind::kBoolean:
      return "bool";
    case Kind::kInteger:
      return "int";
    case Kind::kReal:
      return "float";
    case Kind::kText:
      return "str";
    case Kind::kSequence:
      return kSequences[static_cast<size_t>(value.sequence()->type)];
    case Kind::kDict:
      return "dict";
    case Kind::kNs:
      return "Namespace";
    case Kind::kObject:
      return value.object()->type_name();
  }
  return {};
}

bool hashable(Budget& budget, const Value& value) {
  budget.spend();
  if (value.is(Kind::kDict)) return false;
  if (!value.is(Kind::kSequence)) return true;
  const Sequence& sequence = *value.sequence();
  if (sequence.type == Sequence::Type::kRange) return true;
  if (sequence.type != Sequence::Type::kTuple) return false;
  return std::all_of(sequence.items.begin(), sequence.items.end(),
                     [&](const Value& item) { return hashable(budget, item); });
}

bool equals(Budget& budget, const Value& left, const Value& right) {
  budget.spend();
  if (left.is_number() && right.is_number()) {
    if (left.is_integral() && right.is_integral()) return left.integral() == right.integral();
    return left.number() == right.number();
  }
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kText:
      budget.spend_bytes(std::min(left.bytes().size(), right.bytes().size()));
      return left.bytes() == right.bytes();
    case Kind::kSequence: {
      const Sequence &a = *left.sequence(), &b = *right.sequence();
      // Views of keys and items compare as sets, those of values by identity.
      if (a.type == Sequence::Type::kValues || b.type == Sequence::Type::kValues) return &a == &b;
      if (a.is_view() && b.is_view()) {
        return a.items.size() == b.items.size() &&
               std::all_of(a.items.begin(), a.items.end(), [&](const Value& item) {
                 return std::any_of(b.items.begin(), b.items.end(), [&](const Value& other) {
                   return equals(budget, item, other);
                 });
               });
      }
      return a.type == b.type &&
             std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                        [&](const Value& x, const Value& y) { return equals(budget, x, y); });
    }
    case Kind::kDict: {
      const Dict &a = *left.dict(), &b = *right.dict();
      return a.entries().size() == b.entries().size() &&
             std::all_of(a.entries().begin(), a.entries().end(), [&](const Dict::Entry& entry) {
               const Value* other = b.find(budget, entry.first);
               return other != nullptr && equals(budget, entry.second, *other);
             });
    }
    default:
      return left.same_as(right);
  }
}

std::optional<int> compare(Budget& budget, const Value& left, const Value& right,
                           std::string_view sign) {
  budget.spend();
  require_defined(left);
  require_defined(right);
  const auto order = [](const auto& a, const auto& b) { return a < b ? -1 : a > b ? 1 : 0; };
  if (left.is_number() && right.is_number()) {
    if (left.is_integral() && right.is_integral()) return order(left.integral(), right.integral());
    if (std::isnan(left.number()) || std::isnan(right.number())) return std::nullopt;
    return order(left.number(), right.number());
  }
  if (left.is(Kind::kText) && right.is(Kind::kText)) {
    budget.spend_bytes(std::min(left.bytes().size(), right.bytes().size()));
    return order(left.bytes().compare(right.bytes()), 0);
  }
  if (left.is(Kind::kSequence) && right.is(Kind::kSequence) &&
      left.sequence()->type == right.sequence()->type &&
      left.sequence()->type <= Sequence::Type::kTuple) {
    const auto &a = left.sequence()->items, &b = right.sequence()->items;
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
      if (!equals(budget, a[i], b[i])) return compare(budget, a[i], b[i], sign);
    }
    return order(a.size(), b.size());
  }
  throw Failure(fmt::format("'{}' not supported between instances of '{}' and '{}'", sign,
                            type_name(left), type_name(right)));
}

std::unique_ptr<Iterator> try_iterate(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return std::make_unique<EmptyIterator>();
    case Kind::kText:
      return std::make_unique<CharacterIterator>(value);
    case Kind::kSequence:
      return std::make_unique<SequenceIterator>(value.sequence());
    case Kind::kDict:
      return std::make_unique<KeyIterator>(value.dict());
    case Kind::kObject:
      return value.object()->iterate(value.object());
    default:
      return nullptr;
  }
}

std::unique_ptr<Iterator> iterate(const Value& value) {
  auto iterator = try_iterate(value);
  if (!iterator) throw Failure(fmt::format("'{}' object is not iterable", type_name(value)));
  return iterator;
}

int64_t length(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kText:
      return static_cast<int64_t>(count_characters(value.bytes()));
    case Kind::kSequence:
      return static_cast<int64_t>(value.sequence()->items.size());
    case Kind::kDict:
      return static_cast<int64_t>(value.dict()->entries().size());
    case Kind::kObject:
      if (const auto count = value.object()->length()) return *count;
      [[fallthrough]];
    default:
      throw Failure(fmt::format("object of type '{}' has no len()", type_name(value)));
  }
}

void require_defined(const Value& value) {
  if (value.is(Kind::kUndefined)) throw Failure(value.undefined_message());
}

}  // namespace twin::chat
