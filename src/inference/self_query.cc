#include "inference/self_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "text/paragraphs.h"
#include "text/search_terms.h"
#include "text/unicode.h"

namespace twin {
namespace {

// A year or a month of one.
struct Period {
  int year = 0;
  int month = 0;     // 1 to 12; 0: the whole year
  size_t words = 0;  // of the request that say so

  std::string text() const {
    return month == 0 ? fmt::format("{:04}", year) : fmt::format("{:04}-{:02}", year, month);
  }
  Period shifted(int by) const {
    if (month == 0) return {year + by, 0, words};
    const int months = year * 12 + month - 1 + by;
    return {months / 12, months % 12 + 1, words};
  }
};

class RequestReader {
 public:
  RequestReader(std::string_view request, const KnownSources& known)
      : request_(request), known_(known), ranges_(words(request)) {
    for (const ByteRange& range : ranges_) folded_.push_back(fold(slice(request, range)));
    used_.resize(ranges_.size());
  }

  UnderstoodRequest read() {
    read_author();
    for (size_t i = 0; i < folded_.size(); ++i) {
      read_time(i);
      read_platform(i);
      read_tag(i);
    }
    result_.text = rest();
    return std::move(result_);
  }

 private:
  std::string word(size_t i) const { return i < folded_.size() ? folded_[i] : std::string(); }

  void use(size_t begin, size_t count) { std::fill_n(used_.begin() + begin, count, true); }

  static bool is_name_at(const std::vector<std::string>& request, size_t at,
                         const std::vector<std::string>& name) {
    if (name.empty() || at + name.size() > request.size()) return false;
    for (size_t i = 0; i < name.size(); ++i) {
      const std::string& said = request[at + i];
      const bool last = i + 1 == name.size();
      if (said != name[i] && !(last && (said == name[i] + "'s" || said == name[i] + "’s"))) {
        return false;
      }
    }
    return true;
  }

  static std::vector<std::string> folded_words(std::string_view text) {
    std::vector<std::string> list;
    for (const ByteRange& range : words(text)) list.push_back(fold(slice(text, range)));
    return list;
  }

  void read_author() {
    const Author* found = nullptr;
    size_t begin = 0, count = 0;
    for (const Author& author : known_.authors) {
      const std::vector<std::string> name = folded_words(author.full_name());
      for (size_t i = 0; i < folded_.size(); ++i) {
        if (!is_name_at(folded_, i, name)) continue;
        if (found != nullptr && found != &author) return;  // two: about one another, perhaps
        found = &author;
        begin = i;
        count = name.size();
      }
    }
    if (found == nullptr) return;
    if (begin > 0 && (word(begin - 1) == "by" || word(begin - 1) == "from")) --begin, ++count;
    use(begin, count);
    result_.filter.author_id = found->id;
    result_.reasons.push_back("author " + found->full_name());
  }

  std::optional<Period> period_at(size_t i) const {
    const auto year_at = [&](size_t at) {
      const std::string text = word(at);
      const bool digits = text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) {
                            return c >= '0' && c <= '9';
                          });
      const int year = digits ? std::stoi(text) : 0;
      return year >= 1900 && year < 2100 ? year : 0;
    };
    if (const int year = year_at(i); year != 0) return Period{year, 0, 1};
    const auto month = std::find(kMonthNames.begin(), kMonthNames.end(), word(i));
    if (month == kMonthNames.end()) return std::nullopt;
    const int year = year_at(i + 1);
    if (year == 0) return std::nullopt;
    return Period{year, static_cast<int>(month - kMonthNames.begin()) + 1, 2};
  }

  void set_time(size_t begin, size_t count, std::optional<Period> from, std::optional<Period> to) {
    if (from) result_.filter.date_from = from->text();
    if (to) result_.filter.date_to = to->text();
    result_.reasons.push_back((from ? "from " + from->text() : std::string()) +
                              (from && to ? " " : "") + (to ? "to " + to->text() : std::string()));
    use(begin, count);
  }

  void read_time(size_t i) {
    if (result_.filter.date_from || result_.filter.date_to) return;
    const std::string& how = folded_[i];
    const std::optional<Period> first = period_at(i + 1);
    if (!first) return;
    const size_t after = i + 1 + first->words;
    if (how == "between" || how == "from") {
      const std::string joint = word(after);
      if (const auto last = period_at(after + 1);
          last && (joint == "and" || joint == "to" || joint == "until")) {
        return set_time(i, after + 1 + last->words - i, first, last);
      }
    }
    const size_t count = 1 + first->words;
    if (how == "in" || how == "during" || how == "from") return set_time(i, count, first, first);
    if (how == "since") return set_time(i, count, first, std::nullopt);
    if (how == "after") return set_time(i, count, first->shifted(1), std::nullopt);
    if (how == "until") return set_time(i, count, std::nullopt, first);
    if (how == "before") return set_time(i, count, std::nullopt, first->shifted(-1));
  }

  void read_platform(size_t i) {
    if (result_.filter.platform || (folded_[i] != "on" && folded_[i] != "from")) return;
    for (const std::string& platform : known_.platforms) {
      const std::vector<std::string> name = folded_words(platform);
      if (!is_name_at(folded_, i + 1, name)) continue;
      use(i, 1 + name.size());
      result_.filter.platform = platform;
      result_.reasons.push_back("platform " + platform);
      return;
    }
  }

  void read_tag(size_t i) {
    const bool hash = ranges_[i].begin > 0 && request_[ranges_[i].begin - 1] == '#';
    if (!hash && (folded_[i] != "tagged" || i + 1 == folded_.size())) return;
    const size_t at = hash ? i : i + 1;
    const std::string tag(slice(request_, ranges_[at]));
    if (!hash && at < used_.size() && used_[at]) return;
    use(i, at - i + 1);
    result_.filter.tags.push_back(tag);
    result_.reasons.push_back("tag " + tag);
  }

  // What is left, white space between it made one space.
  std::string rest() const {
    std::string text;
    size_t end = 0;
    bool telling = false;
    for (size_t i = 0; i < ranges_.size(); ++i) {
      // The marks before a word go with it; a hash goes with its tag.
      if (!used_[i]) {
        text += request_.substr(end, ranges_[i].end - end);
        telling = telling || !is_stop_word(folded_[i]);
      } else if (!text.empty() && text.back() != ' ') {
        text += ' ';
      }
      end = ranges_[i].end;
    }
    text += request_.substr(end);
    return telling ? std::string(slice(text, trim(text, {0, text.size()}))) : std::string(request_);
  }

  std::string_view request_;
  const KnownSources& known_;
  std::vector<ByteRange> ranges_;
  std::vector<std::string> folded_;
  std::vector<bool> used_;
  UnderstoodRequest result_;
};

}  // namespace

UnderstoodRequest understand(std::string_view request, const KnownSources& known) {
  return RequestReader(request, known).read();
}

}  // namespace twin
