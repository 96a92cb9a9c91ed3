#include "engine/tokenizer/regex.h"

#include <fmt/format.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

constexpr uint32_t kMaxSteps = 1'000'000;
constexpr size_t kMaxExpression = 1 << 16;
constexpr size_t kJitStack = size_t{1} << 20;

// Unicode's White_Space. PCRE2's own \s takes in U+180E besides, which Unicode has not counted
// since 6.3, nor do the regular expressions of the other tokenizers.
constexpr std::string_view kSpace =
    R"(\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
// What Unicode calls a word character; PCRE2's \w knows no marks.
constexpr std::string_view kWord = R"(\p{L}\p{M}\p{N}\p{Pc})";

[[noreturn]] void refuse(std::string_view where, std::string_view expression,
                         const std::string& why) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: regular expression '{}': {}", where,
                                                expression.substr(0, 200), why));
}

// Rewrites what PCRE2 reads otherwise.
std::string translate(std::string_view expression, std::string_view where) {
  std::string out;
  bool in_class = false;
  const auto set = [&](std::string_view members, bool negated) {
    if (in_class && negated) refuse(where, expression, "\\S or \\W inside [] is not supported");
    out += in_class ? std::string(members) : fmt::format("[{}{}]", negated ? "^" : "", members);
  };
  for (size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      const char escaped = expression[++i];
      if (escaped == 's' || escaped == 'S') {
        set(kSpace, escaped == 'S');
      } else if (escaped == 'w' || escaped == 'W') {
        set(kWord, escaped == 'W');
      } else if (escaped == 'h' || escaped == 'H') {
        set("0-9a-fA-F", escaped == 'H');
      } else if (escaped == 'u' && i + 4 < expression.size()) {
        out += fmt::format("\\x{{{}}}", expression.substr(i + 1, 4));
        i += 4;
      } else {
        out += c;
        out += escaped;
      }
    } else if (in_class && c == '[') {
      const size_t close = expression.find(":]", i);
      if (expression.substr(i).starts_with("[:") && close != std::string_view::npos) {
        out += expression.substr(i, close + 2 - i);
        i = close + 1;
      } else {
        refuse(where, expression, "a [] inside [] is not supported");
      }
    } else if (in_class && expression.substr(i).starts_with("&&")) {
      refuse(where, expression, "&& inside [] is not supported");
    } else {
      if (c == '[') {
        in_class = true;
        out += c;
        if (expression.substr(i + 1).starts_with('^')) out += expression[++i];
        // The first ] of a class is itself.
        if (expression.substr(i + 1).starts_with(']')) {
          out += "\\]";
          ++i;
        }
        continue;
      }
      if (c == ']') in_class = false;
      out += c;
    }
  }
  return out;
}

}  // namespace

struct Regex::Impl {
  std::string where, expression;
  pcre2_code* code = nullptr;
  pcre2_match_context* context = nullptr;
  bool jit = false;

  Impl(std::string_view name, std::string_view published, const std::string& pattern,
       uint32_t options)
      : where(name), expression(published) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                         PCRE2_UTF | options, &error, &offset, nullptr);
    if (code == nullptr) {
      char message[256] = {};
      pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(message), sizeof message);
      refuse(where, expression, message);
    }
    context = pcre2_match_context_create(nullptr);
    TWIN_CHECK(context != nullptr);
    pcre2_set_match_limit(context, kMaxSteps);
    jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;  // where there is none: interpreted
  }
  ~Impl() {
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

Regex::Regex(std::string_view expression, std::string_view where, Syntax syntax) {
  if (expression.size() > kMaxExpression) {
    refuse(where, expression, fmt::format("is longer than {} bytes", kMaxExpression));
  }
  if (valid_prefix(expression) != expression.size()) refuse(where, "", "is not UTF-8");
  // Oniguruma's ^ and $ stand at every line.
  impl_ = std::make_unique<Impl>(
      where, expression, translate(expression, where),
      PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (syntax == Syntax::kOniguruma ? PCRE2_MULTILINE : 0));
}

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

Regex Regex::literal(std::string_view text) {
  return Regex(std::make_unique<Impl>("literal", text, std::string(text), PCRE2_LITERAL));
}

void Regex::for_each_match(std::string_view text,
                           const std::function<void(size_t, size_t)>& match) const {
  using Data = std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>;
  using Context = std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>;
  using Stack = std::unique_ptr<pcre2_jit_stack, decltype(&pcre2_jit_stack_free)>;
  const Data data(pcre2_match_data_create_from_pattern(impl_->code, nullptr),
                  pcre2_match_data_free);
  const Context context(pcre2_match_context_copy(impl_->context), pcre2_match_context_free);
  TWIN_CHECK(data != nullptr && context != nullptr);
  Stack stack(nullptr, pcre2_jit_stack_free);
  if (impl_->jit) {
    stack.reset(pcre2_jit_stack_create(size_t{1} << 15, kJitStack, nullptr));
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
  size_t at = 0;
  while (at < text.size()) {
    int found = pcre2_match(impl_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                            PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
      found = pcre2_match(impl_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                          PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data.get(), context.get());
    }
    if (found == PCRE2_ERROR_NOMATCH) return;
    if (found <= 0) {
      refuse(impl_->where, impl_->expression,
             "takes too many steps back on this text; use a simpler expression");
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
    const size_t begin = ends[0], end = ends[1];
    if (end <= begin || begin < at) {  // an empty match, or one that \K moved
      at = std::max(at, end);
      if (at < text.size()) at += character_length(text[at]);
      continue;
    }
    match(begin, end);
    at = end;
  }
}

std::string Regex::replace_all(std::string_view text, std::string_view replacement) const {
  std::string out;
  size_t done = 0;
  for_each_match(text, [&](size_t begin, size_t end) {
    out += text.substr(done, begin - done);
    out += replacement;
    done = end;
  });
  return out += text.substr(done);
}

}  // namespace twin
