#include "inference/self_query_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/error.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMostNames = 100;  // told to the model; of more it may say any, and is checked
constexpr size_t kMostTags = 3;
constexpr size_t kLongestName = 100;  // in an answer, in characters
constexpr const char* kDate = "^([12][0-9]{3}(-[01][0-9](-[0-3][0-9])?)?)?$";

// Beside the months, of which "may" is more often another word.
constexpr std::string_view kTimeWords[] = {
    "year",   "years",   "month",     "months", "week",     "weeks",  "day",    "days",   "today",
    "now",    "current", "yesterday", "recent", "recently", "lately", "latest", "newest", "new",
    "oldest", "last",    "past",      "ago",    "since",    "until",  "before", "after",  "during",
    "early",  "earlier", "late",      "spring", "summer",   "autumn", "fall",   "winter", "decade"};

bool is_time_word(std::string_view word) {
  const auto is_among = [&](const auto& list) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
  };
  return word != "may" && (is_among(kMonthNames) || is_among(kTimeWords));
}

std::set<std::string> word_set(std::string_view text) {
  std::set<std::string> result;
  for (const ByteRange& range : words(text)) {
    std::string word = fold(slice(text, range));
    for (const std::string_view end : {"'s", "’s"}) {
      if (word.ends_with(end)) word.resize(word.size() - end.size());
    }
    result.insert(std::move(word));
  }
  return result;
}

std::string list_of(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, "; "));
}

// What is asked of the model, and what becomes of its answer.
class Question {
 public:
  Question(std::string_view request, const KnownSources& known, const PassageFilter& taken)
      : request_(request), known_(known), said_(word_set(request)) {
    for (const Author& author : known.authors) authors_.push_back(author.full_name());
    author_ = !taken.author_id && !authors_.empty();
    platform_ = !taken.platform && !known.platforms.empty();
    time_ = !taken.date_from && !taken.date_to;
    tags_ = taken.tags.empty();
  }

  bool asks_anything() const { return author_ || platform_ || time_ || tags_; }

  StructuredQuestion ask(const Context& context) const {
    StructuredQuestion question;
    question.task =
        "Somebody searches a person's writing. Say which of these their request asks for; what it "
        "does not say stays empty.";
    if (author_) question.task += " author: whose texts." + known_names(authors_);
    if (platform_) {
      question.task += " platform: where they were published." + known_names(known_.platforms);
    }
    if (time_) {
      question.task += fmt::format(
          " from, to: when they were written, YYYY, YYYY-MM or YYYY-MM-DD; today is {}.",
          format_time(context.clock.now()).substr(0, 10));
    }
    if (tags_) question.task += " tags: what the request says they are tagged with.";
    question.text = "The request: " + std::string(request_);
    question.schema = schema();
    return question;
  }

  void take(const Json& answer, UnderstoodRequest& understood) const {
    if (!answer.is_object()) throw Error(ErrorCode::kBadInput, "its answer is no JSON object");
    if (author_) take_author(text_of(answer, "author"), understood);
    if (platform_) take_platform(text_of(answer, "platform"), understood);
    if (time_) take_time(text_of(answer, "from"), text_of(answer, "to"), understood);
    if (tags_) take_tags(answer, understood);
  }

 private:
  static std::string known_names(const std::vector<std::string>& names) {
    if (names.size() > kMostNames) return "";
    return fmt::format(" There are: {}.", list_of(names));
  }

  static Json name_schema(std::vector<std::string> names) {
    if (names.size() > kMostNames) return {{"type", "string"}, {"maxLength", kLongestName}};
    names.insert(names.begin(), "");
    return {{"type", "string"}, {"enum", names}};
  }

  std::string schema() const {
    Json properties = Json::object();
    if (author_) properties["author"] = name_schema(authors_);
    if (platform_) properties["platform"] = name_schema(known_.platforms);
    if (time_) {
      properties["from"] = properties["to"] = {{"type", "string"}, {"pattern", kDate}};
    }
    if (tags_) {
      properties["tags"] = {{"type", "array"},
                            {"maxItems", kMostTags},
                            {"items", {{"type", "string"}, {"maxLength", kLongestName}}}};
    }
    Json required = Json::array();
    for (const auto& [name, value] : properties.items()) required.push_back(name);
    return dump_json(Json{{"type", "object"},
                          {"properties", properties},
                          {"required", required},
                          {"additionalProperties", false}});
  }

  // Services need not hold their answers to the schema.
  static std::string text_of(const Json& answer, const char* name) {
    if (!answer.contains(name) || answer[name].is_null()) return "";
    if (!answer[name].is_string()) {
      throw Error(ErrorCode::kBadInput, fmt::format("'{}' in its answer is no text", name));
    }
    return answer[name].get<std::string>();
  }

  // A word of at least three bytes that both have.
  bool is_named(std::string_view name) const {
    const std::set<std::string> of_name = word_set(name);
    return std::any_of(of_name.begin(), of_name.end(), [&](const std::string& word) {
      return word.size() >= 3 && said_.contains(word);
    });
  }

  bool says_all_of(std::string_view name) const {
    const std::set<std::string> of_name = word_set(name);
    return !of_name.empty() &&
           std::includes(said_.begin(), said_.end(), of_name.begin(), of_name.end());
  }

  bool speaks_of_time() const {
    return std::any_of(said_.begin(), said_.end(), [](const std::string& word) {
      const bool digit = word.find_first_of("0123456789") != std::string::npos;
      return digit || is_time_word(word);
    });
  }

  static void leave_out(const std::string& what, const char* why, UnderstoodRequest& understood) {
    understood.notes.push_back(fmt::format("the model said {}: left out, {}", what, why));
  }

  static void use(const std::string& what, UnderstoodRequest& understood) {
    understood.reasons.push_back(what + " (by the model)");
  }

  void take_author(const std::string& name, UnderstoodRequest& understood) const {
    if (name.empty()) return;
    const std::string what = "author " + name;
    const auto author =
        std::find_if(known_.authors.begin(), known_.authors.end(),
                     [&](const Author& one) { return fold(one.full_name()) == fold(name); });
    if (author == known_.authors.end()) return leave_out(what, "there is none", understood);
    if (!is_named(name)) return leave_out(what, "the request does not name them", understood);
    understood.filter.author_id = author->id;
    use(what, understood);
  }

  void take_platform(const std::string& name, UnderstoodRequest& understood) const {
    if (name.empty()) return;
    const std::string what = "platform " + name;
    const auto platform =
        std::find_if(known_.platforms.begin(), known_.platforms.end(),
                     [&](const std::string& one) { return fold(one) == fold(name); });
    if (platform == known_.platforms.end()) return leave_out(what, "there is none", understood);
    if (!is_named(name)) return leave_out(what, "the request does not name it", understood);
    understood.filter.platform = *platform;
    use(what, understood);
  }

  static bool is_date(const std::string& text) {
    if (text.size() != 4 && text.size() != 7 && text.size() != 10) return false;
    for (size_t i = 0; i < text.size(); ++i) {
      const bool dash = i == 4 || i == 7;
      if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
    }
    const auto number = [&](size_t at) { return (text[at] - '0') * 10 + text[at + 1] - '0'; };
    if (text.size() >= 7 && (number(5) < 1 || number(5) > 12)) return false;
    return text.size() < 10 || (number(8) >= 1 && number(8) <= 31);
  }

  void take_time(const std::string& from, const std::string& to,
                 UnderstoodRequest& understood) const {
    if (from.empty() && to.empty()) return;
    const std::string what =
        from.empty() ? "to " + to : "from " + from + (to.empty() ? "" : " to " + to);
    if ((!from.empty() && !is_date(from)) || (!to.empty() && !is_date(to))) {
      return leave_out(what, "that is no date", understood);
    }
    // "2020-05" to "2020" is May to December: as far as both say it.
    const size_t both = std::min(from.size(), to.size());
    if (from.substr(0, both) > to.substr(0, both)) {
      return leave_out(what, "it ends before it begins", understood);
    }
    if (!speaks_of_time()) {
      return leave_out(what, "the request says nothing of time", understood);
    }
    if (!from.empty()) understood.filter.date_from = from;
    if (!to.empty()) understood.filter.date_to = to;
    use(what, understood);
  }

  void take_tags(const Json& answer, UnderstoodRequest& understood) const {
    if (!answer.contains("tags") || answer["tags"].is_null()) return;
    if (!answer["tags"].is_array()) {
      throw Error(ErrorCode::kBadInput, "'tags' in its answer is no list");
    }
    for (const Json& one : answer["tags"]) {
      if (!one.is_string()) throw Error(ErrorCode::kBadInput, "a tag in its answer is no text");
      const std::string tag = one.get<std::string>();
      if (tag.empty()) continue;
      const std::string what = "tag " + tag;
      if (understood.filter.tags.size() == kMostTags) {
        leave_out(what, "there are enough", understood);
      } else if (!says_all_of(tag)) {
        leave_out(what, "the request does not name it", understood);
      } else {
        understood.filter.tags.push_back(tag);
        use(what, understood);
      }
    }
  }

  std::string_view request_;
  const KnownSources& known_;
  std::set<std::string> said_;
  std::vector<std::string> authors_;
  bool author_ = false, platform_ = false, time_ = false, tags_ = false;  // asked for
};

}  // namespace

void understand_by_model(Context& context, StructuredModel& model, std::string_view request,
                         const KnownSources& known, const PassageFilter& taken,
                         UnderstoodRequest& understood) {
  const Question question(request, known, taken);
  if (!question.asks_anything()) return;
  UnderstoodRequest more = understood;
  try {
    question.take(model.answer(context, question.ask(context)), more);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    understood.notes.push_back(
        fmt::format("the model {} could not help: {}", model.name(), error.what()));
    return;
  }
  understood = std::move(more);
}

}  // namespace twin
