#include "collection/exports/whatsapp_chat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "collection/exports/export_text.h"
#include "text/unicode.h"

namespace twin {
namespace {

struct Header {
  std::array<int, 3> date = {};  // as they stand
  char separator = 0;
  int hour = 0, minute = 0, second = 0;
  bool twelve_hours = false;
  std::string_view rest;
};

// Marks of writing direction, which WhatsApp sprinkles, and the byte order mark.
bool is_mark_without_width(char32_t c) {
  return c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

class HeaderReader {
 public:
  explicit HeaderReader(std::string_view line) : line_(line) {}

  std::optional<Header> read() {
    Header header;
    skip_marks();
    const bool bracket = take('[');
    if (!read_date(header)) return {};
    take(',');
    skip_spaces();
    // Finnish "klo", Spanish and Portuguese "a las", "às": words before the time.
    for (const std::string_view word : {"klo ", "kl. ", "kl ", "a las ", "às "}) {
      if (line_.substr(at_).starts_with(word)) at_ += word.size();
    }
    skip_spaces();
    std::optional<bool> afternoon = half_of_day();
    skip_spaces();
    if (!read_time(header)) return {};
    skip_spaces();
    if (!afternoon) afternoon = half_of_day();
    if (afternoon) {
      header.twelve_hours = true;
      if (header.hour < 1 || header.hour > 12) return {};
      header.hour = header.hour % 12 + (*afternoon ? 12 : 0);
    }
    skip_spaces();
    if (bracket) {
      if (!take(']')) return {};
      skip_spaces();
    } else {
      if (!take("-") && !take("–")) return {};
      if (!take(' ')) return {};
    }
    header.rest = line_.substr(at_);
    return header;
  }

 private:
  bool take(char c) {
    if (at_ >= line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view text) {
    if (!line_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  void skip_marks() {
    while (at_ < line_.size()) {
      const CodePoint c = code_point_at(line_, at_);
      if (!is_mark_without_width(c.value)) return;
      at_ += c.bytes;
    }
  }
  void skip_spaces() {
    while (at_ < line_.size()) {
      const CodePoint c = code_point_at(line_, at_);
      if (!is_space(c.value) && !is_mark_without_width(c.value)) return;
      at_ += c.bytes;
    }
  }

  // At most `digits` of them; -1 where there are none or more.
  int number(size_t digits) {
    int value = 0;
    size_t read = 0;
    while (at_ < line_.size() && line_[at_] >= '0' && line_[at_] <= '9') {
      if (++read > digits) return -1;
      value = value * 10 + (line_[at_++] - '0');
    }
    return read == 0 ? -1 : value;
  }

  bool read_date(Header& header) {
    for (size_t i = 0; i < 3; ++i) {
      const size_t begin = at_;
      header.date[i] = number(4);
      if (header.date[i] < 0) return false;
      if (at_ - begin == 3) return false;
      if (i == 2) break;
      if (at_ >= line_.size()) return false;
      const char separator = line_[at_];
      if (separator != '/' && separator != '.' && separator != '-') return false;
      if (i > 0 && separator != header.separator) return false;
      header.separator = separator;
      ++at_;
      skip_spaces();
    }
    take('.');
    return true;
  }

  bool read_time(Header& header) {
    header.hour = number(2);
    if (!take(':') && !take('.')) return false;
    header.minute = number(2);
    if (header.hour < 0 || header.hour > 24 || header.minute < 0 || header.minute > 59)
      return false;
    const size_t before = at_;
    if (take(':') || take('.')) {
      header.second = number(2);
      if (header.second < 0) {  // a full stop after the minutes
        header.second = 0;
        at_ = before;
      }
    }
    return header.second <= 60;
  }

  std::optional<bool> half_of_day() {
    struct Half {
      std::string_view word;
      bool afternoon;
    };
    static constexpr Half kHalves[] = {{"a.m.", false},       {"p.m.", true},      {"a. m.", false},
                                       {"p. m.", true},       {"am", false},       {"pm", true},
                                       {"上午", false},       {"下午", true},      {"午前", false},
                                       {"午後", true},        {"오전", false},     {"오후", true},
                                       {"a.\u00a0m.", false}, {"p.\u00a0m.", true}};
    const std::string folded = lower(line_.substr(at_, 8));
    for (const Half& half : kHalves) {
      if (!folded.starts_with(half.word)) continue;
      at_ += half.word.size();
      return half.afternoon;
    }
    return {};
  }

  std::string_view line_;
  size_t at_ = 0;
};

enum class DateOrder { kDayFirst, kMonthFirst, kYearFirst };

// Year, month, day; nothing where they are no date.
std::optional<std::array<int, 3>> date_of(const Header& header, DateOrder order) {
  auto [a, b, c] = header.date;
  std::array<int, 3> date = order == DateOrder::kYearFirst    ? std::array{a, b, c}
                            : order == DateOrder::kMonthFirst ? std::array{c, a, b}
                                                              : std::array{c, b, a};
  if (date[0] < 100) date[0] += 2000;
  if (date[0] < 2009 || date[0] > 2200 || date[1] < 1 || date[1] > 12 || date[2] < 1 ||
      date[2] > 31) {
    return {};
  }
  return date;
}

DateOrder order_of(const std::vector<Header>& headers) {
  if (headers.front().date[0] >= 1000) return DateOrder::kYearFirst;
  constexpr DateOrder kOrders[] = {DateOrder::kDayFirst, DateOrder::kMonthFirst};
  size_t faults[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    std::array<int, 3> before = {};
    for (const Header& header : headers) {
      const auto date = date_of(header, kOrders[i]);
      // Not valid counts more than not forwards: clocks are set back.
      faults[i] += !date ? 100 : *date < before ? 1 : 0;
      if (date) before = *date;
    }
  }
  if (faults[0] != faults[1]) return kOrders[faults[1] < faults[0] ? 1 : 0];
  const bool american = headers.front().separator == '/' && headers.front().twelve_hours;
  return american ? DateOrder::kMonthFirst : DateOrder::kDayFirst;
}

// What stands for a deleted message, in the languages that WhatsApp is used in most.
bool is_placeholder(std::string_view text) {
  constexpr std::string_view kPlaceholders[] = {"You deleted this message",
                                                "This message was deleted",
                                                "Du hast diese Nachricht gelöscht",
                                                "Diese Nachricht wurde gelöscht",
                                                "Eliminaste este mensaje",
                                                "Se eliminó este mensaje",
                                                "Vous avez supprimé ce message",
                                                "Ce message a été supprimé",
                                                "Hai eliminato questo messaggio",
                                                "Questo messaggio è stato eliminato",
                                                "Você apagou esta mensagem",
                                                "Essa mensagem foi apagada",
                                                "Mensagem apagada",
                                                "null",
                                                "Waiting for this message"};
  while (text.ends_with('.')) text.remove_suffix(1);
  return std::find(std::begin(kPlaceholders), std::end(kPlaceholders), text) !=
         std::end(kPlaceholders);
}

// "<Media omitted>", in any language.
bool is_bracketed(std::string_view line) {
  return line.size() > 2 && line.front() == '<' && line.back() == '>' &&
         line.find_first_of("<>", 1) == line.size() - 1;
}

// "IMG-20200101-WA0001.jpg (file attached)", in any language.
bool is_attachment(std::string_view line) {
  const size_t space = line.find(" (");
  if (space == line.npos || !line.ends_with(')')) return false;
  const std::string_view name = line.substr(0, space);
  const size_t dot = name.find_last_of('.');
  return dot != name.npos && name.size() - dot <= 6 && name.find(' ') == name.npos;
}

// The author's words of a message: without what WhatsApp put into it. Its own texts begin with a
// left-to-right mark on iOS.
std::string own_text(std::string_view text) {
  std::string words;
  bool first = true;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    // "... <This message was edited>" and pictures' names come after a mark of their own.
    if (const size_t mark = line.find("\u200e"); mark != line.npos) {
      const std::string_view after = std::string_view(line).substr(mark + 3);
      if (is_bracketed(trim(after)) || mark == 0) line.resize(mark);
    }
    if (const size_t tag = line.rfind(" <");
        tag != line.npos && !line.empty() && line.ends_with("edited>")) {
      line.resize(tag);
    }
    const std::string_view bare = trim(line);
    if (first && (is_bracketed(bare) || is_attachment(bare))) line.clear();
    if (!first) words += '\n';
    words += line;
    first = false;
  }
  const std::string_view bare = trim(words);
  return is_placeholder(bare) ? std::string() : std::string(bare);
}

}  // namespace

std::vector<WhatsAppMessage> read_whatsapp_chat(std::string_view text) {
  std::vector<Header> headers;
  std::vector<std::pair<size_t, size_t>> ranges;  // of the messages' lines
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (const auto header = HeaderReader(text.substr(begin, end - begin)).read()) {
      headers.push_back(*header);
      ranges.emplace_back(begin, end);
    } else if (!ranges.empty()) {
      ranges.back().second = end;
    } else if (begin > 4096) {
      return {};
    }
    begin = end + 1;
  }
  if (headers.empty()) return {};
  const DateOrder order = order_of(headers);
  std::vector<WhatsAppMessage> messages;
  for (size_t i = 0; i < headers.size(); ++i) {
    const Header& header = headers[i];
    WhatsAppMessage message;
    message.raw = text.substr(ranges[i].first, ranges[i].second - ranges[i].first);
    while (message.raw.ends_with('\n') || message.raw.ends_with('\r')) message.raw.pop_back();
    if (const auto date = date_of(header, order)) {
      message.date = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", (*date)[0], (*date)[1],
                                 (*date)[2], header.hour % 24, header.minute, header.second);
    }
    const auto body_begin = static_cast<size_t>(header.rest.data() - text.data());
    const std::string_view body = text.substr(body_begin, ranges[i].second - body_begin);
    const size_t line_end = std::min(body.find('\n'), body.size());
    const size_t colon = body.substr(0, line_end).find(": ");
    const size_t empty = body.substr(0, line_end).find(":\r");
    const size_t name_end = std::min(colon, empty);
    if (name_end != body.npos && !message.date.empty()) {
      std::string_view name = body.substr(0, name_end);
      for (const std::string_view mark :
           {"\u200e", "\u200f", "\u202a", "~", "\u00a0", "\u202f", " "}) {
        while (name.starts_with(mark)) name.remove_prefix(mark.size());
      }
      while (name.ends_with("\u202c")) name.remove_suffix(3);
      message.writer = name;
      message.text = own_text(body.substr(name_end + 2 > body.size() ? body.size() : name_end + 2));
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace twin
