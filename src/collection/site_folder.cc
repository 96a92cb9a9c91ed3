#include "collection/site_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/http_client.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxConfiguration = 1 << 20;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}
bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// Letters and digits in lower case, every run of anything else one '-'.
std::string slug_of(std::string_view text) {
  std::string slug;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    i += c.bytes;
    if (is_letter(c.value) || is_digit(c.value) || is_mark(c.value)) {
      append_utf8(slug, to_lower(c.value));
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

// As Hugo writes a path: spaces as '-', other marks dropped but for those URLs like.
std::string urlized(std::string_view text) {
  std::string url;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    const char byte = text[i];
    i += c.bytes;
    if (is_letter(c.value) || is_digit(c.value) || is_mark(c.value) ||
        (c.bytes == 1 && std::string_view("-_./").find(byte) != std::string_view::npos)) {
      append_utf8(url, to_lower(c.value));
    } else if (is_space(c.value) && !url.empty() && url.back() != '-') {
      url += '-';
    }
  }
  return url;
}

// "2012-11-26..." -> year, month, day; empty parts where it does not begin so.
struct Day {
  std::string year, month, day;
};
Day day_of(std::string_view date) {
  const auto digits = [&](size_t begin, size_t count) {
    for (size_t i = begin; i < begin + count; ++i) {
      if (i >= date.size() || date[i] < '0' || date[i] > '9') return false;
    }
    return true;
  };
  if (!digits(0, 4) || !digits(5, 2) || !digits(8, 2)) return {};
  return {std::string(date.substr(0, 4)), std::string(date.substr(5, 2)),
          std::string(date.substr(8, 2))};
}

std::string without_zero(std::string number) {
  while (number.size() > 1 && number[0] == '0') number.erase(0, 1);
  return number;
}

// Replaces ":token" by what `value` says of it; empty where it knows a token not.
template <class Value>
std::string expand(std::string_view pattern, const Value& value) {
  std::string path;
  for (size_t i = 0; i < pattern.size();) {
    if (pattern[i] != ':') {
      path += pattern[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < pattern.size() &&
           ((pattern[end] >= 'a' && pattern[end] <= 'z') || pattern[end] == '_')) {
      ++end;
    }
    const std::optional<std::string> text = value(pattern.substr(i + 1, end - i - 1));
    if (!text) return {};
    path += *text;
    i = end;
  }
  // A token without a value leaves no doubled slash.
  for (size_t at; (at = path.find("//")) != std::string::npos;) path.erase(at, 1);
  return path.starts_with('/') ? path : '/' + path;
}

std::string joined(std::string base, const std::string& path) {
  while (base.ends_with('/')) base.pop_back();
  return base + url_encode(path, "/:@!$&'()*+,;=%");
}

std::vector<std::string> parts_of(const fs::path& path) {
  std::vector<std::string> parts;
  for (const fs::path& part : path) parts.push_back(part.string());
  return parts;
}

}  // namespace

std::optional<SiteFolder> SiteFolder::recognise(const fs::path& folder) {
  SiteFolder site;
  site.folder_ = folder;
  const bool content = is_folder(folder / "content");
  for (const char* name : {"hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml",
                           "config.yaml", "config.yml", "config.json"}) {
    if (content && is_file(folder / name)) {
      site.generator_ = Generator::kHugo;
      site.configuration_ = folder / name;
      site.read_configuration();
      return site;
    }
  }
  for (const char* name : {"_config.yml", "_config.yaml", "_config.toml"}) {
    if (is_file(folder / name)) {
      site.configuration_ = folder / name;
      site.read_configuration();
      return site;
    }
  }
  if (is_folder(folder / "_posts")) return site;
  return std::nullopt;
}

void SiteFolder::read_configuration() {
  try {
    settings_ = read_values(read_file(configuration_, kMaxConfiguration), configuration_.string());
    const fs::path authors = folder_ / "_data" / "authors.yml";
    if (generator_ == Generator::kJekyll && is_file(authors)) {
      authors_ = read_values(read_file(authors, kMaxConfiguration), authors.string());
    }
  } catch (const Error& error) {
    configuration_error_ = error.what();
  }
}

std::string SiteFolder::setting(const std::string& key) const {
  const auto found = settings_.find(key);
  return found != settings_.end() && found->second.size() == 1 ? found->second[0] : std::string();
}

bool SiteFolder::has(const std::string& key, const std::string& value) const {
  const auto found = settings_.find(key);
  return found != settings_.end() &&
         std::find(found->second.begin(), found->second.end(), value) != found->second.end();
}

fs::path SiteFolder::relative(const fs::path& path) const {
  return path.lexically_relative(folder_);
}

std::string SiteFolder::refusal_of_folder(const fs::path& path) const {
  const fs::path below = relative(path);
  const std::string first = below.begin()->string(), name = path.filename().string();
  if (name == "node_modules" || name == "bower_components") return "other people's packages";
  if (generator_ == Generator::kHugo) {
    return first == "content" ? "" : "not below content/: no writing of a Hugo site";
  }
  if (name == "_posts") return {};
  if (name == "_drafts") return "drafts, not published";
  if (below == fs::path("_site")) return "the site as Jekyll made it";
  if (below == fs::path("vendor")) return "other people's packages";
  if (has("exclude", below.string()) || has("exclude", below.string() + '/')) {
    return fmt::format("excluded by {}", configuration_.filename().string());
  }
  if (!name.starts_with('_')) return {};
  const std::string collection = name.substr(1);
  const bool published = has("collections", collection) ||
                         std::any_of(settings_.begin(), settings_.end(), [&](const auto& entry) {
                           return entry.first.starts_with("collections." + lower(collection));
                         });
  if (published && below == fs::path(name)) return {};
  return "templates and data of a Jekyll site";
}

std::string SiteFolder::refusal_of_file(const fs::path& path) const {
  const fs::path below = relative(path);
  if (generator_ == Generator::kHugo && below.begin()->string() != "content") {
    return "not below content/: no writing of a Hugo site";
  }
  if (generator_ == Generator::kJekyll && has("exclude", below.string())) {
    return fmt::format("excluded by {}", configuration_.filename().string());
  }
  return {};
}

std::string SiteFolder::refusal_of_page(const fs::path& path, const FrontMatter& front) const {
  if (front.range.size() == 0) {
    return generator_ == Generator::kJekyll ? "no front matter: not a page of the Jekyll site" : "";
  }
  if (front.one("draft") == "true") return "draft: true in its front matter";
  if (front.one("published") == "false") return "published: false in its front matter";
  if (path.filename().string().starts_with("_index.") && front.one("title").empty()) {
    return "a list of a section's pages";
  }
  return {};
}

std::vector<std::string> SiteFolder::bylines_of(const FrontMatter& front) const {
  std::vector<std::string> names;
  for (const std::string& author : front.authors) {
    const auto known = authors_.find(lower(author) + ".name");
    names.push_back(known != authors_.end() && known->second.size() == 1 ? known->second[0]
                                                                         : author);
  }
  return names;
}

std::string SiteFolder::link_of(const fs::path& path, const RawDocument& page,
                                const FrontMatter& front) const {
  const bool hugo = generator_ == Generator::kHugo;
  std::string base = setting(hugo ? "baseurl" : "url");
  if (!is_http_url(base)) return {};
  if (!hugo) base += setting("baseurl");
  const std::string below = hugo ? hugo_path(path, page, front) : jekyll_path(path, page, front);
  return below.empty() ? std::string() : joined(base, below);
}

std::string SiteFolder::jekyll_path(const fs::path& path, const RawDocument& page,
                                    const FrontMatter& front) const {
  std::vector<std::string> parts = parts_of(relative(path));
  const auto posts = std::find(parts.begin(), parts.end(), "_posts");
  std::string name = path.stem().string();
  const std::string own = front.one("permalink");
  if (posts == parts.end()) {
    if (!own.empty() && own.find(':') == std::string::npos)
      return own.starts_with('/') ? own : '/' + own;
    if (!own.empty() || parts[0].starts_with('_')) return {};  // a collection's own patterns
    fs::path page_path = relative(path).replace_extension(".html");
    if (name == "index") page_path = page_path.parent_path() / "";
    return '/' + page_path.string();
  }
  std::string categories;
  for (auto part = parts.begin(); part != posts; ++part) categories += '/' + *part;
  for (const char* key : {"category", "categories"}) {
    const auto found = front.values.find(key);
    if (found == front.values.end()) continue;
    for (std::string all : found->second) {
      // One line of categories names several, with spaces between them.
      for (size_t end; !all.empty(); all.erase(0, end + 1)) {
        end = found->second.size() == 1 ? std::min(all.find(' '), all.size() - 1) : all.size() - 1;
        const std::string one = slug_of(all.substr(0, end + 1));
        if (!one.empty()) categories += '/' + one;
      }
    }
  }
  if (name.size() > 11 && !day_of(name).year.empty()) name.erase(0, 11);
  const Day day = day_of(page.date);
  std::string style = own.empty() ? setting("permalink") : own;
  if (style.empty() || style == "date") style = "/:categories/:year/:month/:day/:title:output_ext";
  if (style == "pretty") style = "/:categories/:year/:month/:day/:title/";
  if (style == "none") style = "/:categories/:title:output_ext";
  return expand(style, [&](std::string_view token) -> std::optional<std::string> {
    if (token == "year") return day.year;
    if (token == "month") return day.month;
    if (token == "day") return day.day;
    if (token == "i_month") return without_zero(day.month);
    if (token == "i_day") return without_zero(day.day);
    if (token == "short_year") return day.year.size() == 4 ? day.year.substr(2) : "";
    if (token == "title") return front.one("slug").empty() ? name : front.one("slug");
    if (token == "slug") return slug_of(front.one("slug").empty() ? name : front.one("slug"));
    if (token == "categories") return categories;
    if (token == "output_ext") return std::string(".html");
    return std::nullopt;
  });
}

std::string SiteFolder::hugo_path(const fs::path& path, const RawDocument& page,
                                  const FrontMatter& front) const {
  if (const std::string url = front.one("url"); !url.empty()) {
    if (url.find(':') != std::string::npos) return {};
    return url.starts_with('/') ? url : '/' + url;
  }
  std::vector<std::string> parts = parts_of(relative(path));
  parts.erase(parts.begin());  // content
  std::string name = path.stem().string();
  std::string language;
  // "about.fr.md", where the configuration has the language fr.
  if (const size_t dot = name.rfind('.'); dot != std::string::npos) {
    const std::string prefix = "languages." + lower(name.substr(dot + 1)) + '.';
    if (std::any_of(settings_.begin(), settings_.end(),
                    [&](const auto& entry) { return entry.first.starts_with(prefix); })) {
      language = lower(name.substr(dot + 1));
      name.resize(dot);
    }
  }
  parts.pop_back();
  const bool section_page = name == "_index";
  if (name == "index" || section_page) {
    name.clear();
    if (!parts.empty() && !section_page) {
      name = parts.back();
      parts.pop_back();
    }
  }
  const std::string slug = front.one("slug");
  std::string sections;
  for (const std::string& part : parts) sections += '/' + part;
  const std::string section = parts.empty() ? "" : parts[0];
  std::string pattern;
  if (!section_page && !section.empty()) {
    pattern = setting("permalinks." + lower(section));
    if (pattern.empty()) pattern = setting("permalinks.page." + lower(section));
  }
  const bool ugly = setting("uglyurls") == "true";
  if (pattern.empty()) {
    pattern = section_page || name.empty() ? ":sections/" : ":sections/:slugorfilename/";
    if (ugly && !name.empty()) pattern = ":sections/:slugorfilename.html";
  }
  const Day day = day_of(page.date);
  std::string found = expand(pattern, [&](std::string_view token) -> std::optional<std::string> {
    if (token == "year") return day.year;
    if (token == "month") return day.month;
    if (token == "day") return day.day;
    if (token == "section") return section;
    if (token == "sections") return sections;
    if (token == "title") return urlized(page.title);
    if (token == "slug") return slug.empty() ? urlized(page.title) : urlized(slug);
    if (token == "filename" || token == "contentbasename") return name;
    if (token == "slugorfilename" || token == "slugorcontentbasename") {
      return slug.empty() ? name : slug;
    }
    return std::nullopt;
  });
  if (found.empty()) return {};
  found = urlized(found);
  const std::string main_language =
      setting("defaultcontentlanguage").empty() ? "en" : lower(setting("defaultcontentlanguage"));
  const bool below = setting("defaultcontentlanguageinsubdir") == "true";
  if (!language.empty() && (language != main_language || below)) found = '/' + language + found;
  return found;
}

}  // namespace twin
