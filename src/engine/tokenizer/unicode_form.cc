#include "engine/tokenizer/unicode_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

using Codes = std::vector<utf8proc_int32_t>;

void decompose(char32_t c, bool compatible, Codes& codes) {
  std::array<utf8proc_int32_t, 32> parts{};
  int last = UTF8PROC_BOUNDCLASS_START;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                      (compatible ? UTF8PROC_COMPAT : 0));
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(), options, &last);
  TWIN_CHECK(count > 0 && static_cast<size_t>(count) <= parts.size());
  codes.insert(codes.end(), parts.begin(), parts.begin() + count);
}

int combining_class(utf8proc_int32_t code) { return utf8proc_get_property(code)->combining_class; }

// utf8proc's own ordering is quadratic in a run of marks.
void order_marks(Codes& codes) {
  for (auto begin = codes.begin(); begin != codes.end();) {
    if (combining_class(*begin) == 0) {
      ++begin;
      continue;
    }
    auto end = begin + 1;
    while (end != codes.end() && combining_class(*end) != 0) ++end;
    std::stable_sort(begin, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
      return combining_class(a) < combining_class(b);
    });
    begin = end;
  }
}

void append_form(UnicodeForm form, std::string_view run, std::string& out) {
  const bool compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  Codes codes;
  for (std::string_view c : Characters(run)) decompose(character_at(c.data()), compatible, codes);
  order_marks(codes);
  auto count = static_cast<utf8proc_ssize_t>(codes.size());
  if (form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc) {
    count = utf8proc_normalize_utf32(
        codes.data(), count, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    TWIN_CHECK(count >= 0);
  }
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    append_character(static_cast<char32_t>(codes[static_cast<size_t>(i)]), out);
  }
}

}  // namespace

std::string unicode_form(UnicodeForm form, std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto is_ascii = [&](size_t i) { return static_cast<signed char>(text[i]) >= 0; };
  // ASCII composes with nothing before it, and only its last character with what follows.
  for (size_t begin = 0; begin < text.size();) {
    size_t ascii = begin;
    while (ascii < text.size() && is_ascii(ascii)) ++ascii;
    const size_t run = ascii > begin && ascii < text.size() ? ascii - 1 : ascii;
    out += text.substr(begin, run - begin);
    size_t end = ascii;
    while (end < text.size() && !is_ascii(end)) ++end;
    if (end > run) append_form(form, text.substr(run, end - run), out);
    begin = end;
  }
  return out;
}

}  // namespace twin
