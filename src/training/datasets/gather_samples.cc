#include "training/datasets/gather_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "text/unicode.h"
#include "training/datasets/sample_fields.h"

namespace twin {
namespace {

// A file with more wrong lines than these is described by them.
constexpr size_t kShownProblems = 5;

// Hands the samples on, and keeps what is wrong with them.
class Gatherer {
 public:
  Gatherer(bool lines, const TakeSample& take) : unit_(lines ? "line" : "sample"), take_(take) {}

  void skip_empty() { ++empty_lines_; }
  void add(size_t line, const OrderedJson& object, bool held_out) {
    try {
      take_(line, object, held_out);
      ++taken_;
    } catch (const Error& error) {
      note(line, error.what());
    }
  }
  void note(size_t line, const std::string& what) {
    if (++problems_ <= kShownProblems) notes_ += fmt::format("\n  {} {}: {}", unit_, line, what);
  }

  size_t finish(const std::string& name, const char* expected) {
    if (problems_ > 0) {
      if (problems_ > kShownProblems) {
        notes_ += fmt::format("\n  and {} more", problems_ - kShownProblems);
      }
      throw wrong_sample(fmt::format("{}: {} of {} samples cannot be learnt from:{}", name,
                                     problems_, problems_ + taken_, notes_));
    }
    if (taken_ == 0) {
      throw wrong_sample(fmt::format("{}: no samples; {}, one object to a line", name, expected));
    }
    return empty_lines_;
  }

 private:
  const char* unit_;
  const TakeSample& take_;
  size_t taken_ = 0, problems_ = 0, empty_lines_ = 0;
  std::string notes_;
};

// A part of the reference system's document: {"articles": {"samples": [...]}, ...}.
void add_part(const OrderedJson& part, const char* name, bool held_out, size_t& number,
              Gatherer& gather) {
  if (!part.is_object()) throw wrong_sample(fmt::format("\"{}\" is no object of categories", name));
  for (const auto& [category, data] : part.items()) {
    if (!data.is_object() || !data.contains("samples") || !data["samples"].is_array()) {
      throw wrong_sample(fmt::format("\"{}\", category \"{}\": no list of \"samples\"", name,
                                     category.substr(0, 40)));
    }
    for (const OrderedJson& sample : data["samples"]) gather.add(++number, sample, held_out);
  }
}

void gather_document(std::string_view text, const std::string& name, Gatherer& gather) {
  const OrderedJson document = parse_ordered_json(text, name);
  size_t number = 0;
  if (document.is_array()) {
    for (const OrderedJson& sample : document) gather.add(++number, sample, false);
    return;
  }
  if (!document.is_object() || !document.contains("train")) {
    throw wrong_sample(
        fmt::format("{}: expected a list of samples, or an object with \"train\" and "
                    "\"test\"; a file of one sample to a line is named .jsonl",
                    name));
  }
  try {
    add_part(document["train"], "train", false, number, gather);
    if (document.contains("test")) add_part(document["test"], "test", true, number, gather);
  } catch (const Error& error) {
    throw wrong_sample(name + ": " + error.what());
  }
}

void gather_lines(std::string_view text, const ExampleLimits& limits, Gatherer& gather) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_blank(line)) {
      gather.skip_empty();
    } else if (line.size() > limits.max_line_bytes) {
      gather.note(number, fmt::format("{} bytes long, the limit is {}", line.size(),
                                      limits.max_line_bytes));
    } else if (!is_valid_utf8(line)) {
      gather.note(number, "invalid UTF-8");
    } else {
      std::optional<OrderedJson> object;
      try {
        object = parse_ordered_json(line, "");
      } catch (const Error& error) {
        // Without the empty name.
        gather.note(number, std::string(error.what()).substr(2));
      }
      if (object) gather.add(number, *object, false);
    }
  }
}

}  // namespace

size_t gather_samples(std::string_view text, const std::string& name, bool lines,
                      const ExampleLimits& limits, const char* expected, const TakeSample& take) {
  Gatherer gather(lines, take);
  if (lines) {
    gather_lines(text, limits, gather);
  } else {
    gather_document(text, name, gather);
  }
  return gather.finish(name, expected);
}

}  // namespace twin
