#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "engine/chat/operators.h"
#include "engine/chat/printing.h"
#include "engine/chat/runtime.h"
#include "engine/chat/text_operations.h"

// The functions that every chat template finds.
namespace twin::chat {
namespace {

constexpr int64_t kMaxRange = 100000;  // as the sandbox has it

Value range(Runtime& runtime, const Arguments& arguments) {
  const Bound bound = bind("range", arguments, {"", "", ""}, 1);
  const bool one = bound[1] == nullptr;
  const int64_t start = one ? 0 : to_integer(*bound[0]);
  const int64_t stop = to_integer(one ? *bound[0] : *bound[1]);
  const int64_t step = bound.integer(2, 1);
  if (step == 0) throw Failure("range() arg 3 must not be zero");
  Sequence sequence;
  sequence.type = Sequence::Type::kRange;
  sequence.depth = 1;
  sequence.range_text = step == 1 ? fmt::format("range({}, {})", start, stop)
                                  : fmt::format("range({}, {}, {})", start, stop, step);
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (static_cast<int64_t>(sequence.items.size()) == kMaxRange) {
      throw Failure(fmt::format("Range too big. The limit is {}.", kMaxRange));
    }
    runtime.budget.spend();
    sequence.items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return std::make_shared<const Sequence>(std::move(sequence));
}

// dict(...): a mapping or pairs, then names.
std::shared_ptr<Dict> make_dict(Runtime& runtime, const Arguments& arguments) {
  if (arguments.positional.size() > 1) throw Failure("dict expected at most 1 argument");
  auto dict = std::make_shared<Dict>();
  for (const Value& source : arguments.positional) {
    if (source.is(Kind::kDict)) {
      for (const auto& [key, value] : source.dict()->entries()) {
        dict->set(runtime.budget, key, value);
      }
      continue;
    }
    for (const Value& pair : collect(runtime, source)) {
      const std::vector<Value> parts = collect(runtime, pair);
      if (parts.size() != 2) throw Failure("dict() takes a mapping or pairs");
      dict->set(runtime.budget, parts[0], parts[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) {
    dict->set(runtime.budget, Value(std::string_view(name)), value);
  }
  return dict;
}

Value name_space(Runtime& runtime, const Arguments& arguments) {
  auto ns = std::make_shared<Namespace>();
  runtime.namespaces.push_back(ns);
  const auto attributes = make_dict(runtime, arguments);
  for (const auto& [key, value] : attributes->entries()) {
    if (!key.is(Kind::kText)) throw Failure("a namespace's names are strings");
    runtime.budget.spend(1 + ns->attributes.size() / 8);
    ns->set(key.bytes(), value);
  }
  return ns;
}

Value raise_exception(Runtime& runtime, const Arguments& arguments) {
  const Bound bound = bind("raise_exception", arguments, {"message"}, 1);
  throw Failure("the template says: " + to_text(runtime.budget, *bound[0]).bytes());
}

Value strftime_now(Runtime& runtime, const Arguments& arguments) {
  const Bound bound = bind("strftime_now", arguments, {"format"}, 1);
  const TrackedText& format = to_string(*bound[0]);
  if (format.bytes().find('\0') != std::string::npos || format.size() > 1000) {
    throw Failure("strftime_now: not a format");
  }
  if (!runtime.now) throw Failure("strftime_now: no time was given");
  const auto local = *runtime.now + runtime.utc_offset;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(local);
  const auto micros = std::chrono::floor<std::chrono::microseconds>(local - seconds).count();
  const std::time_t time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(seconds));
  // What the C library does not know, or would answer for its own zone; a bar keeps the result from
  // being empty, which would look like an error.
  std::string text = "|";
  for (size_t i = 0; i < format.size(); ++i) {
    const char c = format.bytes()[i];
    const char next = i + 1 < format.size() ? format.bytes()[i + 1] : '\0';
    if (c == '%' && next == 'f') {
      text += fmt::format("{:06}", micros);
      ++i;
    } else if (c == '%' && (next == 'z' || next == 'Z')) {
      ++i;
    } else if (c == '%' && next >= '0' && next <= '9') {
      throw Failure("strftime_now: widths are not supported");
    } else {
      text += c;
      if (c == '%' && next == '%') text += format.bytes()[++i];
    }
  }
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) throw Failure("strftime_now: the time is out of range");
  std::string buffer(text.size() * 16 + 256, '\0');
  buffer.resize(std::strftime(buffer.data(), buffer.size(), text.c_str(), &parts));
  if (buffer.empty()) throw Failure("strftime_now: the result is too long");
  return TrackedText(std::string_view(buffer).substr(1), format.has_user());
}

// cycler(...): its values in turn, again and again.
class Cycler : public Object, public std::enable_shared_from_this<Cycler> {
 public:
  Cycler(Runtime& runtime, std::vector<Value> items) : runtime_(runtime) {
    if (items.empty()) throw Failure("at least one item has to be provided");
    items_ = make_tuple(std::move(items));
  }
  std::string type_name() const override { return "Cycler"; }
  size_t depth() const override { return items_.depth(); }
  std::optional<Value> attribute(std::string_view name) override {
    const auto& items = items_.sequence()->items;
    if (name == "current") return items[at_];
    if (name == "pos") return Value(static_cast<int64_t>(at_));
    if (name == "items") return items_;
    if (name != "next" && name != "reset") return std::nullopt;
    return Value(std::shared_ptr<Object>(std::make_shared<Native>(
        [self = shared_from_this(), next = name == "next"](const Arguments& arguments) -> Value {
          bind("a cycler's method", arguments, {});
          self->runtime_.budget.spend();
          const auto& in_turn = self->items_.sequence()->items;
          const size_t before = self->at_;
          self->at_ = next ? (before + 1) % in_turn.size() : 0;
          return next ? in_turn[before] : Value(None{});
        },
        depth() + 1)));
  }

 private:
  Runtime& runtime_;
  Value items_;
  size_t at_ = 0;
};

}  // namespace

std::optional<Value> find_global(Runtime& runtime, std::string_view name) {
  using Global = Value (*)(Runtime&, const Arguments&);
  static const std::pair<std::string_view, Global> kGlobals[] = {
      {"range", range},
      {"namespace", name_space},
      {"raise_exception", raise_exception},
      {"strftime_now", strftime_now},
      {"dict",
       [](Runtime& of, const Arguments& arguments) -> Value {
         return std::shared_ptr<const Dict>(make_dict(of, arguments));
       }},
      {"cycler",
       [](Runtime& of, const Arguments& arguments) -> Value {
         const bool named = !arguments.named.empty();
         if (named) throw Failure("cycler() takes no keyword arguments");
         return std::shared_ptr<Object>(std::make_shared<Cycler>(of, arguments.positional));
       }},
      {"joiner", [](Runtime&, const Arguments& arguments) -> Value {
         const Bound bound = bind("joiner", arguments, {"sep"});
         return std::shared_ptr<Object>(std::make_shared<Native>(
             [used = std::make_shared<bool>(false),
              separator = bound.get(0, ", ")](const Arguments& none) -> Value {
               bind("a joiner", none, {});
               if (std::exchange(*used, true)) return separator;
               return "";
             },
             bound[0] ? bound[0]->depth() + 1 : 1));
       }}};
  for (const auto& [known, function] : kGlobals) {
    if (known != name) continue;
    return Value(std::shared_ptr<Object>(
        std::make_shared<Native>([&runtime, call = function](const Arguments& arguments) {
          return call(runtime, arguments);
        })));
  }
  return std::nullopt;
}

}  // namespace twin::chat
