#include "text/article/json_ld.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxScripts = 64;
constexpr size_t kMaxBytes = 4 << 20;  // of one script
constexpr size_t kMaxObjects = 10000;

// schema.org's Article and its kinds, and what forums and sites use in its place.
constexpr std::string_view kArticleTypes[] = {"article",
                                              "advertisercontentarticle",
                                              "newsarticle",
                                              "analysisnewsarticle",
                                              "askpublicnewsarticle",
                                              "backgroundnewsarticle",
                                              "opinionnewsarticle",
                                              "reportagenewsarticle",
                                              "reviewnewsarticle",
                                              "report",
                                              "satiricalarticle",
                                              "scholarlyarticle",
                                              "medicalscholarlyarticle",
                                              "socialmediaposting",
                                              "blogposting",
                                              "liveblogposting",
                                              "discussionforumposting",
                                              "techarticle",
                                              "apireference",
                                              "blog post"};

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_article(const Json& object) {
  const auto type = object.find("@type");
  if (type == object.end()) return false;
  const auto named = [](const Json& name) {
    if (!name.is_string()) return false;
    std::string_view text = name.get_ref<const std::string&>();
    text = text.substr(text.rfind('/') + 1);
    const std::string lowered = lower(text);
    return std::find(std::begin(kArticleTypes), std::end(kArticleTypes), lowered) !=
           std::end(kArticleTypes);
  };
  return type->is_array() ? std::any_of(type->begin(), type->end(), named) : named(*type);
}

// The name or names of a person, an organisation or a list of them.
std::vector<std::string> names_of(const Json& value) {
  std::vector<std::string> names;
  if (value.is_string()) {
    if (!value.get_ref<const std::string&>().empty()) names.push_back(value.get<std::string>());
  } else if (value.is_object()) {
    const auto name = value.find("name");
    if (name != value.end() && !name->is_object()) names = names_of(*name);
  } else if (value.is_array()) {
    for (const Json& one : value) {
      if (one.is_array()) continue;
      for (std::string& name : names_of(one)) names.push_back(std::move(name));
    }
  }
  return names;
}

LinkedData read_article_object(const Json& object) {
  LinkedData data;
  data.is_article = true;
  data.name = text_of(object, "name");
  data.headline = text_of(object, "headline");
  if (const auto author = object.find("author"); author != object.end()) {
    data.authors = names_of(*author);
  }
  data.date = text_of(object, "datePublished");
  data.language = text_of(object, "inLanguage");
  data.body = text_of(object, "articleBody");
  data.link = text_of(object, "url");
  if (const auto publisher = object.find("publisher"); publisher != object.end()) {
    data.site_name = joined_names(names_of(*publisher));
  }
  return data;
}

// The first article in the value or below it, breadth first.
const Json* find_article(const Json& root) {
  std::vector<const Json*> waiting = {&root};
  for (size_t i = 0; i < waiting.size() && i < kMaxObjects; ++i) {
    const Json& value = *waiting[i];
    if (value.is_object() && is_article(value)) return &value;
    if (!value.is_structured()) continue;
    for (const Json& child : value) {
      if (child.is_structured()) waiting.push_back(&child);
    }
  }
  return nullptr;
}

}  // namespace

std::string joined_names(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

LinkedData read_json_ld(std::span<const std::string_view> scripts) {
  for (size_t i = 0; i < std::min(scripts.size(), kMaxScripts); ++i) {
    std::string_view script = scripts[i];
    if (script.size() > kMaxBytes || script.find("@type") == std::string_view::npos) continue;
    if (const size_t cdata = script.find("<![CDATA["); cdata < script.find('{')) {
      script = script.substr(cdata + 9, script.rfind("]]>") - cdata - 9);
    }
    const size_t begin = script.find_first_of("{["), end = script.find_last_of("]}");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) continue;
    script = script.substr(begin, end - begin + 1);  // comments around
    try {
      const Json root = parse_json(script, "JSON-LD");
      if (const Json* article = find_article(root)) return read_article_object(*article);
    } catch (const Error&) {
      continue;  // what is no JSON says nothing
    }
  }
  return {};
}

}  // namespace twin
