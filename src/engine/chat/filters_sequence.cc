#include <fmt/format.h>

#include <algorithm>

#include "engine/chat/characters.h"
#include "engine/chat/filters.h"
#include "engine/chat/operators.h"
#include "engine/chat/text_operations.h"

namespace twin::chat {
namespace {

size_t depth_of(const Value& self, const Arguments& arguments) {
  size_t depth = self.depth();
  for (const Value& value : arguments.positional) depth = std::max(depth, value.depth());
  for (const auto& [name, value] : arguments.named) depth = std::max(depth, value.depth());
  return depth;
}

// A generator over what is computed when it is first asked.
Value lazy(size_t depth, std::function<std::vector<Value>()> compute) {
  struct State {
    bool ready = false;
    std::vector<Value> items;
    size_t at = 0;
  };
  return make_generator(
      depth, [state = std::make_shared<State>(), compute = std::move(compute)](Value& item) {
        if (!state->ready) state->items = compute();
        state->ready = true;
        if (state->at == state->items.size()) return false;
        item = std::move(state->items[state->at++]);
        return true;
      });
}

// A generator of what `choose` makes of each item; items for which it gives nothing are left out.
// Like Jinja's own, it does not look at what it is given before it is asked for its first item.
using Choose = std::function<std::optional<Value>(const Value&)>;
Value chosen(Runtime& runtime, const Value& self, size_t depth, std::function<Choose()> prepare) {
  struct State {
    std::unique_ptr<Iterator> source;
    Choose choose;
    bool ready = false;
  };
  return make_generator(depth, [&runtime, self, prepare = std::move(prepare),
                                state = std::make_shared<State>()](Value& item) {
    if (!state->ready) {
      state->ready = true;
      if (!truthy(self)) return false;
      state->choose = prepare();
      state->source = iterate(self);
    }
    const Level level(runtime);
    Value candidate;
    while (state->source && state->source->next(candidate)) {
      runtime.budget.spend();
      if (auto made = state->choose(candidate)) {
        item = *std::move(made);
        return true;
      }
    }
    return false;
  });
}

Value folded(Runtime& runtime, Value value, bool case_sensitive) {
  if (case_sensitive || !value.is(Kind::kText)) return value;
  runtime.budget.spend_bytes(value.bytes().size() * 4);
  return lower(value.text());
}

Value map(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return chosen(runtime, self, depth_of(self, arguments), [&runtime, arguments]() -> Choose {
    const bool by_attribute =
        arguments.positional.empty() &&
        std::any_of(arguments.named.begin(), arguments.named.end(),
                    [](const auto& named) { return named.first == "attribute"; });
    if (by_attribute) {
      const Bound bound = bind("map", arguments, {"attribute", "default"});
      const bool has_default = bound[1] && !bound[1]->is(Kind::kNone);
      return
          [&runtime, path = AttributePath(bound[0]),
           otherwise = has_default ? std::optional(*bound[1]) : std::nullopt](const Value& item) {
            return std::optional(path.of(runtime, item, otherwise ? &*otherwise : nullptr));
          };
    }
    if (arguments.positional.empty()) throw Failure("map requires a filter argument");
    Arguments rest = arguments;
    rest.positional.erase(rest.positional.begin());
    return [&runtime, name = to_string(arguments.positional[0]).bytes(), rest](const Value& item) {
      return std::optional(apply_filter(runtime, name, item, rest));
    };
  });
}

// select, reject, selectattr, rejectattr.
template <bool kByAttribute, bool kWanted>
Value select(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return chosen(runtime, self, depth_of(self, arguments), [&runtime, arguments]() -> Choose {
    const auto& positional = arguments.positional;
    if (kByAttribute && positional.empty()) {
      throw Failure("Missing parameter for attribute name");
    }
    const size_t offset = kByAttribute ? 1 : 0;
    std::optional<std::string> test;
    Arguments rest;
    if (positional.size() > offset) {
      test = to_string(positional[offset]).bytes();
      rest.positional.assign(positional.begin() + static_cast<std::ptrdiff_t>(offset) + 1,
                             positional.end());
      rest.named = arguments.named;
    }
    return [&runtime, path = AttributePath(kByAttribute ? &positional[0] : nullptr), test,
            rest](const Value& item) {
      const Value asked = path.of(runtime, item);
      const bool holds = test ? apply_predicate(runtime, *test, asked, rest) : truthy(asked);
      return holds == kWanted ? std::optional(item) : std::nullopt;
    };
  });
}

Value join(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("join", arguments, {"d", "attribute"});
  const TrackedText separator = bound[0] ? soft_text(runtime, *bound[0]) : TrackedText();
  const AttributePath path(bound[1]);
  std::vector<TrackedText> parts;
  for (const Value& item : collect(runtime, self)) {
    parts.push_back(soft_text(runtime, path.of(runtime, item)));
  }
  return twin::chat::join(runtime, separator, parts);
}

Value first(Runtime&, const Value& self, const Arguments& arguments) {
  bind("first", arguments, {});
  const auto iterator = iterate(self);
  Value item;
  if (iterator->next(item)) return item;
  return Value::undefined("No first item, sequence was empty.");
}

// What reversed() goes through. Errors: Failure for what has no order to reverse.
std::vector<Value> reversed(Runtime& runtime, const Value& self) {
  const bool fine = self.is(Kind::kText) || self.is(Kind::kSequence) || self.is(Kind::kDict) ||
                    self.is(Kind::kUndefined);
  if (!fine) throw Failure(fmt::format("'{}' object is not reversible", type_name(self)));
  std::vector<Value> items = collect(runtime, self);
  std::reverse(items.begin(), items.end());
  return items;
}

Value last(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("last", arguments, {});
  if (self.is(Kind::kSequence) && !self.sequence()->items.empty()) {
    return self.sequence()->items.back();
  }
  const std::vector<Value> items = reversed(runtime, self);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.front();
}

Value reverse(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("reverse", arguments, {});
  if (self.is(Kind::kText)) {
    const Value backwards(int64_t{-1});
    return slice(runtime, self, nullptr, nullptr, &backwards);
  }
  if (self.is(Kind::kObject)) {  // a generator: its items, the other way round
    std::vector<Value> items = collect(runtime, self);
    std::reverse(items.begin(), items.end());
    return make_list(std::move(items));
  }
  std::vector<Value> items = reversed(runtime, self);
  return lazy(self.depth(), [items = std::move(items)] { return items; });
}

Value list(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("list", arguments, {});
  return make_list(collect(runtime, self));
}

Value count(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("length", arguments, {});
  if (self.is(Kind::kText)) runtime.budget.spend_bytes(self.bytes().size());
  return length(self);
}

// Items with the keys they are ordered by.
struct Keyed {
  std::vector<Value> keys;
  Value item;
};

// As lists, keys are compared as Python compares lists: equal ones need no order.
void sort_keyed(Runtime& runtime, std::vector<Keyed>& keyed, bool backwards, bool as_lists) {
  const auto less = [&](const Keyed& a, const Keyed& b) {
    for (size_t i = 0; i < a.keys.size(); ++i) {
      if (as_lists && equals(runtime.budget, a.keys[i], b.keys[i])) continue;
      return compare(runtime.budget, a.keys[i], b.keys[i]).value_or(0) < 0;
    }
    return false;
  };
  // Python keeps the order of equal items when it sorts backwards as well.
  if (backwards) std::reverse(keyed.begin(), keyed.end());
  std::stable_sort(keyed.begin(), keyed.end(), less);
  if (backwards) std::reverse(keyed.begin(), keyed.end());
}

Value items_of(std::vector<Keyed> keyed) {
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (Keyed& one : keyed) items.push_back(std::move(one.item));
  return make_list(std::move(items));
}

Value sort(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  const bool sensitive = bound.truth(1, false);
  std::vector<AttributePath> paths;
  if (bound[2] && bound[2]->is(Kind::kText)) {
    const TrackedText comma(",");
    for (const Value& part : split(runtime, bound[2]->text(), &comma, -1, false)) {
      paths.emplace_back(&part);
    }
  } else {
    paths.emplace_back(bound[2]);
  }
  std::vector<Keyed> keyed;
  for (const Value& item : collect(runtime, self)) {
    Keyed one{{}, item};
    for (const auto& path : paths) {
      one.keys.push_back(folded(runtime, path.of(runtime, item), sensitive));
    }
    keyed.push_back(std::move(one));
  }
  sort_keyed(runtime, keyed, bound.truth(0, false), true);
  return items_of(std::move(keyed));
}

Value dictsort(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound[1] ? to_string(*bound[1]).bytes() : "key";
  if (by != "key" && by != "value") throw Failure("dictsort sorts by 'key' or 'value'");
  require_defined(self);
  if (!self.is(Kind::kDict)) throw Failure("dictsort needs a dict");
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : self.dict()->entries()) {
    keyed.push_back({{folded(runtime, by == "key" ? key : value, bound.truth(0, false))},
                     make_tuple({key, value})});
  }
  sort_keyed(runtime, keyed, bound.truth(2, false), false);
  return items_of(std::move(keyed));
}

Value unique(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("unique", arguments, {"case_sensitive", "attribute"});
  return lazy(self.depth(),
              [&runtime, self, sensitive = bound.truth(0, false), path = AttributePath(bound[1])] {
                Dict seen;
                std::vector<Value> items;
                for (const Value& item : collect(runtime, self)) {
                  const Value key = folded(runtime, path.of(runtime, item), sensitive);
                  const size_t before = seen.entries().size();
                  seen.set(runtime.budget, key, None{});
                  if (seen.entries().size() > before) items.push_back(item);
                }
                return items;
              });
}

template <bool kLargest>
Value extreme(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("min", arguments, {"case_sensitive", "attribute"});
  const AttributePath path(bound[1]);
  std::optional<Value> best;
  Value best_key;
  for (const Value& item : collect(runtime, self)) {
    Value key = folded(runtime, path.of(runtime, item), bound.truth(0, false));
    const bool better = !best || (kLargest ? comparison(runtime, ">", key, best_key)
                                           : comparison(runtime, "<", key, best_key));
    if (!better) continue;
    best = item;
    best_key = std::move(key);
  }
  return best ? *best : Value::undefined("No aggregated item, sequence was empty.");
}

Value sum(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("sum", arguments, {"attribute", "start"});
  const AttributePath path(bound[0]);
  Value total = bound.get(1, int64_t{0});
  if (total.is(Kind::kText)) throw Failure("sum() can't sum strings");
  for (const Value& item : collect(runtime, self)) {
    total = arithmetic(runtime, "+", total, path.of(runtime, item));
  }
  return total;
}

Value batch(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("batch", arguments, {"linecount", "fill_with"}, 1);
  const Value fill = bound.get(1, None{});
  return lazy(depth_of(self, arguments) + 1, [&runtime, self, fill, linecount = *bound[0]] {
    std::vector<Value> rows;
    std::vector<Value> row;
    const auto is_full = [&] {
      return equals(runtime.budget, Value(static_cast<int64_t>(row.size())), linecount);
    };
    for (const Value& item : collect(runtime, self)) {
      if (is_full()) {
        rows.push_back(make_list(std::move(row)));
        row.clear();
      }
      row.push_back(item);
    }
    if (row.empty()) return rows;
    if (!fill.is(Kind::kNone)) {
      for (const int64_t size = to_integer(linecount); static_cast<int64_t>(row.size()) < size;) {
        runtime.budget.spend();
        row.push_back(fill);
      }
    }
    rows.push_back(make_list(std::move(row)));
    return rows;
  });
}

Value slices(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("slice", arguments, {"slices", "fill_with"}, 1);
  const Value fill = bound.get(1, None{});
  return lazy(depth_of(self, arguments) + 1, [&runtime, self, fill, wanted = *bound[0]] {
    const std::vector<Value> items = collect(runtime, self);
    const int64_t count = to_integer(wanted);
    if (count == 0) throw Failure("division by zero");
    std::vector<Value> rows;
    if (count < 0) return rows;
    const auto size = static_cast<int64_t>(items.size());
    int64_t at = 0;
    for (int64_t row = 0; row < count; ++row) {
      const int64_t end = at + size / count + (row < size % count ? 1 : 0);
      runtime.budget.spend(2);
      std::vector<Value> part(items.begin() + at, items.begin() + end);
      if (!fill.is(Kind::kNone) && row >= size % count) part.push_back(fill);
      rows.push_back(make_list(std::move(part)));
      at = end;
    }
    return rows;
  });
}

Value groupby(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  const AttributePath path(bound[0]);
  const Value* otherwise = bound[1] && !bound[1]->is(Kind::kNone) ? bound[1] : nullptr;
  std::vector<Keyed> keyed;
  for (const Value& item : collect(runtime, self)) {
    keyed.push_back(
        {{folded(runtime, path.of(runtime, item, otherwise), bound.truth(2, false))}, item});
  }
  sort_keyed(runtime, keyed, false, false);
  std::vector<Value> groups;
  for (size_t begin = 0, end = 0; begin < keyed.size(); begin = end) {
    std::vector<Value> items;
    for (; end < keyed.size() && equals(runtime.budget, keyed[begin].keys[0], keyed[end].keys[0]);
         ++end) {
      items.push_back(keyed[end].item);
    }
    if (end == begin) end = begin + 1;  // NaN, which equals nothing
    const Value key = path.of(runtime, keyed[begin].item, otherwise);
    const Value pair = make_tuple({key, make_list(std::move(items))});
    auto group = std::make_shared<Sequence>(*pair.sequence());
    group->is_group = true;
    groups.emplace_back(std::shared_ptr<const Sequence>(std::move(group)));
  }
  return make_list(std::move(groups));
}

Value items(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("items", arguments, {});
  return lazy(self.depth() + 1, [&runtime, self]() -> std::vector<Value> {
    if (self.is(Kind::kUndefined)) return {};
    if (!self.is(Kind::kDict)) throw Failure("Can only get item pairs from a mapping.");
    return find_method(self, "items")(runtime, self, {}).sequence()->items;
  });
}

}  // namespace

AttributePath::AttributePath(const Value* attribute) {
  if (attribute == nullptr || attribute->is(Kind::kNone)) return;
  if (!attribute->is(Kind::kText)) {
    parts_.push_back(*attribute);
    return;
  }
  const std::string& text = attribute->bytes();
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const bool digits =
        !part.empty() && part.size() < 18 &&
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    parts_.push_back(digits ? Value(static_cast<int64_t>(std::stoll(part)))
                            : Value(std::string_view(part)));
    begin = end + 1;
  }
}

Value AttributePath::of(Runtime& runtime, const Value& item, const Value* otherwise) const {
  Value value = item;
  for (const Value& part : parts_) {
    runtime.budget.spend();
    value = item_of(runtime, value, part);
    if (otherwise != nullptr && value.is(Kind::kUndefined)) value = *otherwise;
  }
  return value;
}

const FilterTable& sequence_filters() {
  static const FilterTable kFilters = {
      {"map", map},
      {"select", select<false, true>},
      {"reject", select<false, false>},
      {"selectattr", select<true, true>},
      {"rejectattr", select<true, false>},
      {"join", join},
      {"first", first},
      {"last", last},
      {"reverse", reverse},
      {"list", list},
      {"length", count},
      {"count", count},
      {"sort", sort},
      {"dictsort", dictsort},
      {"unique", unique},
      {"min", extreme<false>},
      {"max", extreme<true>},
      {"sum", sum},
      {"batch", batch},
      {"slice", slices},
      {"groupby", groupby},
      {"items", items},
  };
  return kFilters;
}

}  // namespace twin::chat
