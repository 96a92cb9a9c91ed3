#include "text/html_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csetjmp>

#include "base/error.h"
#include "text/unicode.h"

namespace twin {
namespace {

using Time = std::chrono::steady_clock;

// An upper bound for how deep the page's elements nest, unless it takes pains to hide that.
size_t deepest_nesting(std::string_view html) {
  size_t open = 0, deepest = 0;
  for (size_t i = 0; i + 1 < html.size(); ++i) {
    if (html[i] != '<') continue;
    const char next = html[i + 1];
    if (next == '/') {
      open -= open > 0;
    } else if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')) {
      size_t end = i + 1;
      while (end < html.size() && html[end] != '>' && html[end] != ' ' && html[end] != '\n') ++end;
      const std::string name = lower(html.substr(i + 1, end - i - 1));
      static constexpr std::string_view kNeverNests[] = {
          "p",  "br", "img", "hr", "meta", "link", "input",  "li",
          "td", "tr", "th",  "dt", "dd",   "col",  "option", "source"};
      if (std::find(std::begin(kNeverNests), std::end(kNeverNests), name) ==
          std::end(kNeverNests)) {
        deepest = std::max(deepest, ++open);
      }
    }
  }
  return deepest;
}

// What gumbo takes its memory from. It has no limits of its own, and a hostile page of a few
// kilobytes can make it take gigabytes or hours: where ours are passed, we jump out of it, which
// leaks nothing, because the memory is freed as a whole.
struct Budget {
  std::pmr::memory_resource* memory;
  size_t bytes_left;
  Time::time_point deadline;
  size_t calls = 0;
  std::jmp_buf passed = {};
};

void* take(void* userdata, size_t bytes) {
  auto* budget = static_cast<Budget*>(userdata);
  const bool late = ++budget->calls % 256 == 0 && Time::now() > budget->deadline;
  if (bytes > budget->bytes_left || late) std::longjmp(budget->passed, 1);
  budget->bytes_left -= bytes;
  return budget->memory->allocate(bytes);
}

void give_back(void*, void*) {}

// Null where the budget did not suffice. Nothing here has a destructor that the jump would skip.
const GumboOutput* parse(std::string_view html, Budget& budget) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = take;
  options.deallocator = give_back;
  options.userdata = &budget;
  options.max_errors = 0;
  if (setjmp(budget.passed) != 0) return nullptr;
  return gumbo_parse_with_options(&options, html.data(), html.size());
}

}  // namespace

HtmlTree::HtmlTree(std::string_view html, std::string_view where, const HtmlLimits& limits) {
  if (html.size() > limits.max_bytes) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {} bytes of HTML, more than the limit of {}",
                                                  where, html.size(), limits.max_bytes));
  }
  if (const size_t depth = deepest_nesting(html); depth > limits.max_nesting) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: HTML whose elements nest {} deep, more than "
                                                  "the limit of {}",
                                                  where, depth, limits.max_nesting));
  }
  Budget budget{&memory_, limits.max_tree_bytes,
                Time::now() + std::chrono::duration_cast<Time::duration>(
                                  std::chrono::duration<double>(limits.max_parse_seconds))};
  const GumboOutput* output = parse(html, budget);
  if (output == nullptr) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: HTML that takes more than {} MB or {} s to parse", where,
                            limits.max_tree_bytes >> 20, limits.max_parse_seconds));
  }
  root_ = output->root;
}

}  // namespace twin
