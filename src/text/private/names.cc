#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "text/private/finders.h"
#include "text/private/given_names.h"
#include "text/private/pattern.h"
#include "text/unicode.h"

namespace twin::privacy {
namespace {

// What stands where a name would and is none.
constexpr std::array<std::string_view, 64> kNoNames = {
    "all",       "team",   "everyone", "everybody", "folks",    "friends",   "there",
    "sir",       "madam",  "guys",     "world",     "again",    "colleague", "colleagues",
    "customer",  "reader", "readers",  "hiring",    "manager",  "committee", "editor",
    "editors",   "mom",    "dad",      "mum",       "love",     "both",      "ladies",
    "gentlemen", "damen",  "herren",   "alle",      "zusammen", "kollegen",  "tous",
    "toutes",    "todos",  "todas",    "tutti",     "support",  "sales",     "admin",
    "subject",   "date",   "sent",     "diary",     "god",      "lord",      "santa",
    "it",        "the",    "this",     "that",      "for",      "so",        "very",
    "again,",    "in",     "you",      "i",         "we",       "a",         "an"};

bool is_no_name(std::string_view word) {
  const std::string folded = fold(word);
  return std::find(kNoNames.begin(), kNoNames.end(), folded) != kNoNames.end();
}

bool has_capital(std::string_view text, ByteRange word) {
  return is_upper(code_point_at(text, word.begin).value);
}

bool is_title(std::string_view word) {
  static const std::set<std::string_view> titles = {
      "mr",      "mrs",     "ms",     "miss",     "dr",     "prof",  "professor", "herr", "herrn",
      "frau",    "mme",     "mlle",   "monsieur", "madame", "señor", "señora",    "sra",  "signor",
      "signora", "mevrouw", "meneer", "sir",      "aunt",   "uncle", "tante",     "onkel"};
  return titles.contains(fold(word));
}

// What joins two names.
bool is_and(std::string_view word) {
  for (const std::string_view joint : {"and", "und", "et", "y", "e", "en", "og", "och"}) {
    if (word == joint) return true;
  }
  return false;
}

// Letters all in capitals are an abbreviation: "USA", "PR".
bool is_abbreviation(std::string_view word) {
  return word.size() >= 2 && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

// Without a possessive: "Anna's" is Anna.
ByteRange bare(std::string_view text, ByteRange word) {
  const std::string_view letters = slice(text, word);
  for (const std::string_view ending : {"'s", "’s", "'", "’"}) {
    if (letters.ends_with(ending)) return {word.begin, word.end - ending.size()};
  }
  return word;
}

bool is_name_word(std::string_view text, ByteRange word) {
  const std::string_view letters = slice(text, word);
  return has_capital(text, word) && !is_abbreviation(letters) && !is_no_name(letters) &&
         !is_title(letters) && letters.find_first_of("0123456789") == std::string_view::npos;
}

// Looks at one letter, word by word.
class Letter {
 public:
  Letter(std::string_view text, std::string_view own_name, Found& found)
      : text_(text), words_(words(text)), found_(found) {
    const std::string folded = fold(own_name);
    for (const ByteRange& word : words(folded)) {
      own_.insert(std::string(slice(std::string_view(folded), word)));
    }
  }

  void run() {
    salutations();
    headers();
    titles_and_given_names();
    handles();
    again();
  }

 private:
  // The words that begin in `range`, as indices [first, last).
  std::pair<size_t, size_t> words_in(ByteRange range) const {
    const auto at = [&](size_t position) {
      return static_cast<size_t>(
          std::partition_point(words_.begin(), words_.end(),
                               [&](const ByteRange& word) { return word.begin < position; }) -
          words_.begin());
    };
    return {at(range.begin), at(range.end)};
  }

  // Marks the name words of [first, last), neighbours as one name.
  void mark(size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      if (!is_name_word(text_, words_[i])) continue;
      size_t end = i + 1;
      while (end < last && is_name_word(text_, words_[end]) && joins(end - 1)) ++end;
      mark_name(i, end);
      i = end - 1;
    }
  }

  // Whether the word behind `i` belongs to the same name: a space, or an initial's stop, between.
  bool joins(size_t i) const {
    const std::string_view between =
        text_.substr(words_[i].end, words_[i + 1].begin - words_[i].end);
    return between == " " || (between == ". " && words_[i].size() <= 2);
  }

  void mark_name(size_t first, size_t last) {
    const auto is_own = [&](size_t i) {
      return own_.contains(fold(slice(text_, bare(text_, words_[i]))));
    };
    while (first < last && is_own(first)) ++first;
    while (first < last && is_own(last - 1)) --last;
    if (first == last) return;
    const ByteRange end = bare(text_, words_[last - 1]);
    found_.push_back({{words_[first].begin, end.end}, PrivateKind::kName});
    for (size_t i = first; i < last; ++i) {
      const std::string_view word = slice(text_, bare(text_, words_[i]));
      if (word.size() >= 3) known_.insert(std::string(word));
    }
  }

  // "Dear Anna and Mr Smith," at the beginning of a line; "Thanks, Tom".
  void salutations() {
    static const Pattern greeting(
        R"((?i)^[ \t>*]{0,8}(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|greetings|hallo|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|moin|servus|cher|ch\xc3\xa8re|bonjour|bonsoir|salut|hola|querid[oa]|estimad[oa]|buen[oa]s (?:d\xc3\xadas|tardes|noches)|ciao|car[oa]|gentile|ol\xc3\xa1|prezad[oa]|hej|hei|beste|geachte|thanks|thank you|thx|danke|merci|gracias|cheers|regards|best|sincerely|congrats|congratulations|welcome)[ ,\t]{1,3}([^\n,!.:;?()]{2,80})(?=[\n,!.:;?()]|$))");
    greeting.find(text_, [&](ByteRange, ByteRange group) {
      const auto [first, last] = words_in(group);
      // A sentence goes on in small letters; names do not.
      if (last - first > 6) return false;
      for (size_t i = first; i < last; ++i) {
        if (!has_capital(text_, words_[i]) && !is_and(slice(text_, words_[i]))) return false;
      }
      mark(first, last);
      return true;
    });
  }

  // "From: Anna Meyer <...>", "On ..., Anna Meyer wrote:", "Am ... schrieb Anna Meyer:".
  void headers() {
    static const Pattern header(
        R"(^[ \t>*]{0,8}(?:From|To|Cc|CC|Bcc|Reply-To|Von|An|De|\xc3\x80|Para|Da|A|Van|Aan)\*{0,2}:\*{0,2}[ \t]{0,4}([^\n]{2,300})$)");
    header.find(text_, [&](ByteRange, ByteRange group) {
      const auto [first, last] = words_in(group);
      for (size_t i = first; i < last; ++i) {
        // A word of an address is the address's.
        const bool address =
            text_.substr(words_[i].end, 1) == "@" || text_.substr(words_[i].end, 1) == "." ||
            (words_[i].begin > 0 &&
             (text_[words_[i].begin - 1] == '@' || text_[words_[i].begin - 1] == '.'));
        if (address || !is_name_word(text_, words_[i])) continue;
        size_t end = i + 1;
        while (end < last && is_name_word(text_, words_[end]) && joins(end - 1)) ++end;
        mark_name(i, end);
        i = end - 1;
      }
      return true;
    });
    static const Pattern wrote(
        R"(^[ \t>]{0,8}(?:On|Am|Le|El|Il|Op) [^\n]{4,80}?[,;:\d] ?((?:schrieb )?[^\n<\d,;:]{3,60}?) ?(?:<[^>\n]{3,100}>|\([^)\n]{3,100}\)|\[mailto[^\]\n]{3,100}\])? ?(?:wrote|writes|said|a \xc3\xa9crit|escribi\xc3\xb3|ha scritto|schreef|schrieb|)[^\n\w]{0,3}:)");
    wrote.find(text_, [&](ByteRange, ByteRange group) {
      const auto [first, last] = words_in(group);
      mark(first, last);
      return true;
    });
  }

  // "Mr. Smith", "Frau Dr. Meyer"; "Anna", "Anna Meyer".
  void titles_and_given_names() {
    for (size_t i = 0; i < words_.size(); ++i) {
      const std::string_view word = slice(text_, bare(text_, words_[i]));
      if (!has_capital(text_, words_[i])) continue;
      const bool title = is_title(word);
      if (title && i + 1 < words_.size() && follows_title(i) &&
          is_name_word(text_, words_[i + 1])) {
        size_t end = i + 2;
        while (end < words_.size() && joins(end - 1) && is_name_word(text_, words_[end])) ++end;
        mark_name(i + 1, end);
        i = end - 1;
        continue;
      }
      const GivenName kind = given_name(fold(word));
      if (kind == GivenName::kNone || is_abbreviation(word)) continue;
      size_t end = i + 1;
      while (end < words_.size() && end < i + 4 && joins(end - 1) &&
             words_[end - 1].end == bare(text_, words_[end - 1]).end &&
             is_name_word(text_, words_[end]) && !is_time_word(words_[end])) {
        ++end;
      }
      // A word that is one as well ("Mark", "May") needs a family name behind it.
      if (kind == GivenName::kWord && end == i + 1) continue;
      if (kind == GivenName::kWord && begins_sentence(i)) continue;
      mark_name(i, end);
      i = end - 1;
    }
  }

  bool follows_title(size_t i) const {
    const std::string_view between =
        text_.substr(words_[i].end, words_[i + 1].begin - words_[i].end);
    return between == " " || between == ". " || between == ".";
  }

  bool is_time_word(ByteRange word) const {
    static const std::set<std::string_view> times = {
        "monday",     "tuesday",  "wednesday", "thursday", "friday", "saturday", "sunday",
        "january",    "february", "march",     "april",    "june",   "july",     "august",
        "september",  "october",  "november",  "december", "montag", "dienstag", "mittwoch",
        "donnerstag", "freitag",  "samstag",   "sonntag"};
    return times.contains(fold(slice(text_, word)));
  }

  bool begins_sentence(size_t i) const {
    size_t at = words_[i].begin;
    while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\n' || text_[at - 1] == '"')) --at;
    return at == 0 || std::string_view(".!?:").find(text_[at - 1]) != std::string_view::npos ||
           text_.substr(at, words_[i].begin - at).find("\n\n") != std::string_view::npos;
  }

  void handles() {
    static const Pattern handle(R"((?<![\w@./])@([A-Za-z][\w-]{2,30})(?![\w@]|\.\w))");
    handle.find(text_, [&](ByteRange match, ByteRange group) {
      const std::string name = fold(slice(text_, group));
      for (const char* everybody :
           {"here", "channel", "everyone", "all", "media", "import", "override"}) {
        if (name == everybody) return false;
      }
      if (std::any_of(own_.begin(), own_.end(),
                      [&](auto& own) { return name.find(own) != name.npos; })) {
        return false;
      }
      found_.push_back({match, PrivateKind::kName});
      return true;
    });
  }

  // Names that were found once, wherever else they stand.
  void again() {
    for (const ByteRange& word : words_) {
      const ByteRange name = bare(text_, word);
      if (!known_.contains(std::string(slice(text_, name)))) continue;
      if (given_name(fold(slice(text_, name))) == GivenName::kWord) continue;
      found_.push_back({name, PrivateKind::kName});
    }
  }

  std::string_view text_;
  std::vector<ByteRange> words_;
  std::set<std::string> own_;  // folded
  std::set<std::string> known_;
  Found& found_;
};

}  // namespace

void find_names(std::string_view text, std::string_view own_name, Found& found) {
  Letter(text, own_name, found).run();
}

}  // namespace twin::privacy
