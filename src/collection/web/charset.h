#pragma once

#include <string>
#include <string_view>

namespace twin {

// A text of the web in UTF-8, without a byte order mark. Its charset is what its byte order mark
// says, else its Content-Type (`content_type`, as "text/html; charset=gbk", may be empty), else its
// <meta> or XML declaration; where none does, or what it says is unknown or does not hold, UTF-8 if
// the bytes are valid, else what libuchardet takes them for, else windows-1252. Bytes that are no
// character become U+FFFD. Labels mean what browsers take them for (ISO-8859-1 is windows-1252).
// Source: the WHATWG Encoding and HTML standards (determining the character encoding).
std::string to_utf8(std::string_view bytes, std::string_view content_type);

}  // namespace twin
