#include "collection/mail/gmime.h"

#include "text/unicode.h"

namespace twin {

GMimeParserOptions* lenient_parsing() {
  static GMimeParserOptions* const options = [] {
    g_mime_init();
    GMimeParserOptions* made = g_mime_parser_options_new();
    // Headers with bytes above 127 and no charset, as programs of the nineties wrote them.
    const char* charsets[] = {"utf-8", "windows-1252", nullptr};
    g_mime_parser_options_set_fallback_charsets(made, charsets);
    return made;
  }();
  return options;
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : replace_invalid_utf8(text);
}

}  // namespace twin
