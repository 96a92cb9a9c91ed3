#include "engine/chat/format_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/chat/characters.h"
#include "engine/chat/operators.h"
#include "engine/chat/printing.h"

namespace twin::chat {
namespace {

constexpr int64_t kMaxWidth = 1 << 20;
constexpr int64_t kMaxPrecision = 1000;

int64_t read_number(std::string_view text, size_t& at) {
  int64_t number = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    number = number * 10 + (text[at++] - '0');
    if (number > kMaxWidth) throw Failure("a format's width or precision is too large");
  }
  return number;
}

std::string group(std::string digits, char separator, size_t size) {
  if (separator == 0) return digits;
  for (size_t i = digits.size(); i > size;) {
    i -= size;
    digits.insert(i, 1, separator);
  }
  return digits;
}

// The magnitude of a float, without its sign.
std::string float_digits(double magnitude, const FormatSpec& spec) {
  if (spec.precision > kMaxPrecision) throw Failure("a format's precision is too large");
  const int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
  switch (spec.type) {
    case 0: {
      if (spec.precision < 0) return float_text(magnitude);
      std::string text = fmt::format("{:.{}g}", magnitude, std::max(precision, 1));
      if (text.find_first_of(".en") == text.npos) text += ".0";
      return text;
    }
    case 'e':
      return spec.alternate ? fmt::format("{:#.{}e}", magnitude, precision)
                            : fmt::format("{:.{}e}", magnitude, precision);
    case 'E':
      return fmt::format("{:.{}E}", magnitude, precision);
    case 'f':
    case 'F':
      return spec.alternate ? fmt::format("{:#.{}f}", magnitude, precision)
                            : fmt::format("{:.{}f}", magnitude, precision);
    case 'g':
    case 'n':
      return spec.alternate ? fmt::format("{:#.{}g}", magnitude, std::max(precision, 1))
                            : fmt::format("{:.{}g}", magnitude, std::max(precision, 1));
    case 'G':
      return fmt::format("{:.{}G}", magnitude, std::max(precision, 1));
    case '%':
      return fmt::format("{:.{}f}%", magnitude * 100, precision);
    default:
      throw Failure(fmt::format("unknown format code '{}' for a float", spec.type));
  }
}

std::string integer_digits(uint64_t magnitude, const FormatSpec& spec) {
  std::string digits;
  switch (spec.type) {
    case 'x':
      digits = fmt::format("{:x}", magnitude);
      break;
    case 'X':
      digits = fmt::format("{:X}", magnitude);
      break;
    case 'o':
      digits = fmt::format("{:o}", magnitude);
      break;
    case 'b':
      digits = fmt::format("{:b}", magnitude);
      break;
    case 0:
    case 'd':
    case 'n':
      return group(std::to_string(magnitude), spec.grouping, 3);
    default:
      throw Failure(fmt::format("unknown format code '{}' for an int", spec.type));
  }
  return group(std::move(digits), spec.grouping, 4);
}

TrackedText pad(Runtime& runtime, const TrackedText& sign, const TrackedText& body,
                const FormatSpec& spec, char align) {
  const auto size =
      static_cast<int64_t>(count_characters(sign.bytes()) + count_characters(body.bytes()));
  const int64_t padding = std::max<int64_t>(0, spec.width - size);
  const TrackedText fill(spec.fill);
  const auto fills = [&](int64_t count) { return repeat(runtime, fill, count); };
  TrackedText result;
  if (align == '>') result.append(fills(padding));
  if (align == '^') result.append(fills(padding / 2));
  result.append(sign);
  if (align == '=') result.append(fills(padding));
  result.append(body);
  if (align == '<') result.append(fills(padding));
  if (align == '^') result.append(fills(padding - padding / 2));
  return result;
}

}  // namespace

FormatSpec parse_format_spec(std::string_view text) {
  FormatSpec spec;
  size_t at = 0;
  const auto is_align = [&](size_t i) {
    return i < text.size() && std::string_view("<>^=").find(text[i]) != std::string_view::npos;
  };
  const size_t first = text.empty() ? 0 : character_at(text, 0).bytes;
  if (first > 0 && is_align(first)) {
    spec.fill = std::string(text.substr(0, first));
    spec.align = text[first];
    at = first + 1;
  } else if (is_align(0)) {
    spec.align = text[at++];
  }
  const auto take = [&](std::string_view any) {
    if (at < text.size() && any.find(text[at]) != any.npos) return text[at++];
    return '\0';
  };
  if (const char sign = take("+- ")) spec.sign = sign;
  spec.alternate = take("#") != 0;
  if (at < text.size() && text[at] == '0') {
    ++at;
    if (spec.align == 0) {
      spec.fill = "0";
      spec.align = '=';
    }
  }
  spec.width = read_number(text, at);
  spec.grouping = take(",_");
  if (take(".")) {
    const size_t before = at;
    spec.precision = read_number(text, at);
    if (at == before) throw Failure("Format specifier missing precision");
  }
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) throw Failure(fmt::format("Invalid format specifier '{}'", text));
  return spec;
}

TrackedText format_text(Runtime& runtime, const TrackedText& text, const FormatSpec& spec) {
  if ((spec.type != 0 && spec.type != 's') || spec.grouping != 0) {
    throw Failure("this format specifier is not for strings");
  }
  if (spec.align == '=' && spec.fill != "0") {
    throw Failure("'=' alignment not allowed in string format specifier");
  }
  const size_t end = spec.precision < 0
                         ? text.size()
                         : byte_of_character(text.bytes(), static_cast<size_t>(spec.precision));
  const char align = spec.align == 0 || spec.align == '=' ? '<' : spec.align;
  return pad(runtime, TrackedText(), text.substr(0, end), spec, align);
}

TrackedText format_number(Runtime& runtime, const Value& value, const FormatSpec& spec) {
  const char align = spec.align == 0 ? '>' : spec.align;
  static constexpr std::string_view kOfFloats = "eEfFgG%";
  const bool as_float =
      value.is(Kind::kReal) || (spec.type != 0 && kOfFloats.find(spec.type) != kOfFloats.npos);
  std::string sign;
  std::string digits;
  if (as_float) {
    const double number = value.number();
    if (std::signbit(number) && !std::isnan(number)) sign = "-";
    digits = float_digits(std::fabs(number), spec);
    if (spec.grouping != 0) {
      const size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
      digits = group(digits.substr(0, whole), spec.grouping, 3) + digits.substr(whole);
    }
  } else {
    const int64_t number = value.integral();
    if (spec.type == 'c') {
      if (number < 0 || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000)) {
        throw Failure("%c requires a character's code");
      }
      std::string character;
      append_utf8(character, static_cast<uint32_t>(number));
      FormatSpec of_text = spec;
      of_text.type = 0;
      return format_text(runtime, TrackedText(character), of_text);
    }
    if (spec.precision >= 0) throw Failure("Precision not allowed in integer format specifier");
    if (number < 0) sign = "-";
    const auto magnitude =
        number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    digits = integer_digits(magnitude, spec);
  }
  if (sign.empty() && spec.sign != '-') sign = std::string(1, spec.sign);
  if (spec.alternate && !as_float && spec.type != 0 && spec.type != 'd') {
    sign += fmt::format("0{}", spec.type);
  }
  return pad(runtime, TrackedText(sign), TrackedText(digits), spec, align);
}

}  // namespace twin::chat
