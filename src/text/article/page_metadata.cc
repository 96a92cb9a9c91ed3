#include "text/article/page_metadata.h"

#include <algorithm>
#include <map>
#include <set>

#include "text/article/byline.h"
#include "text/article/dates.h"
#include "text/article/json_ld.h"
#include "text/markdown_writer.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxMetaBytes = 4096;  // of one value

std::string folded(std::string_view text) {
  std::string all;
  for (const char c : replace_invalid_utf8(text)) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
    if (!space) {
      all += c;
    } else if (!all.empty() && all.back() != ' ') {
      all += ' ';
    }
  }
  while (all.ends_with(' ')) all.pop_back();
  return all;
}

// Text with its entities resolved and its white space folded: values in JSON-LD are often escaped
// as if they were HTML, and values in <meta> twice.
std::string clean(std::string_view text) {
  text = text.substr(0, kMaxMetaBytes);
  if (text.find('&') == std::string_view::npos) return folded(text);
  std::string html = replace_invalid_utf8(text);
  for (size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '<') html.replace(i, 1, "&lt;");
  }
  const PageTree tree("<p>" + html, "metadata", {});
  return tree.text_of(0);
}

using MetaValues = std::map<std::string, std::string, std::less<>>;

// <meta>'s values by lower-case name, properties before names; a property may name several.
MetaValues read_meta(const PageTree& tree) {
  MetaValues values;
  const auto set = [&](std::string_view names, std::string_view value) {
    const std::string lowered = lower(names);
    for (size_t begin = 0; begin < lowered.size();) {
      const size_t end = std::min(lowered.find_first_of(" \t\n", begin), lowered.size());
      if (end > begin) {
        std::string name = lowered.substr(begin, end - begin);
        std::replace(name.begin(), name.end(), '.', ':');
        const std::string text(value.substr(0, kMaxMetaBytes));
        const auto [known, is_new] = values.emplace(name, text);
        // Each author has a <meta> of their own.
        const bool author = name == "dc:creator" || name == "citation_author" || name == "author";
        if (!is_new && author && known->second.size() < kMaxMetaBytes &&
            known->second.find(text) == std::string::npos) {
          known->second += "; " + text;
        }
      }
      begin = end + 1;
    }
  };
  for (const char* attribute : {"property", "name", "itemprop", "http-equiv"}) {
    for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
      if (tree[i].tag != HtmlTag::kMeta) continue;
      const std::string_view content = tree.attribute(i, "content");
      if (content.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      set(tree.attribute(i, attribute), content);
    }
  }
  return values;
}

std::string first_of(const MetaValues& values, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = values.find(name);
    if (found == values.end()) continue;
    std::string value = clean(found->second);
    if (!value.empty()) return value;
  }
  return {};
}

std::string first_date(const MetaValues& values, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = values.find(name);
    if (found == values.end()) continue;
    std::string date = find_date(found->second);
    if (!date.empty()) return date;
  }
  return {};
}

size_t word_count(std::string_view text) {
  size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    count += !inside && c != ' ';
    inside = c != ' ';
  }
  return count;
}

// The last or first mark that stands between a title and a site's name, with spaces around.
struct Separator {
  size_t begin = std::string::npos, end = std::string::npos;
};
Separator find_separator(std::string_view title, bool last) {
  static constexpr std::string_view kMarks[] = {" | ",  " - ", " – ", " — ",
                                                " \\ ", " / ", " > ", " » "};
  Separator found;
  for (const std::string_view mark : kMarks) {
    const size_t at = last ? title.rfind(mark) : title.find(mark);
    if (at == std::string_view::npos) continue;
    if (found.begin == std::string::npos || (last ? at > found.begin : at < found.begin)) {
      found = {at, at + mark.size()};
    }
  }
  return found;
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

// <title> without the name of the site: "Post - Blog" -> "Post". A title of few words is left
// whole, because what is cut off could as well be the title.
std::string title_from_element(const std::string& whole, const PageTree& tree) {
  constexpr size_t kFewWords = 4;
  std::string title = whole;
  const Separator last = find_separator(whole, true);
  bool hierarchical = false;
  if (last.begin != std::string::npos) {
    hierarchical =
        std::string_view("\\/>»").find(whole[last.begin + 1]) != std::string_view::npos ||
        whole.substr(last.begin, 4) == " » ";
    title = trimmed(whole.substr(0, last.begin));
    if (word_count(title) < 3) {
      title = trimmed(whole.substr(std::min(find_separator(whole, false).end, whole.size())));
    }
  } else if (const size_t colon = whole.find(": "); colon != std::string::npos) {
    // "Section: title", unless a heading has it whole
    bool in_heading = false;
    for (uint32_t i = 1; i < tree.nodes().size() && !in_heading; ++i) {
      if (tree[i].tag == HtmlTag::kH1 || tree[i].tag == HtmlTag::kH2) {
        in_heading = tree.text_of(i) == whole;
      }
    }
    if (!in_heading) {
      title = trimmed(whole.substr(whole.rfind(':') + 1));
      if (word_count(title) < 3) {
        title = trimmed(whole.substr(colon + 1));
      } else if (word_count(whole.substr(0, colon)) > 5) {
        title = whole;
      }
    }
  } else if (whole.size() > 150 || whole.size() < 15) {
    uint32_t heading = 0;
    size_t headings = 0;
    for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
      if (tree[i].tag != HtmlTag::kH1) continue;
      heading = i;
      ++headings;
    }
    if (headings == 1) title = tree.text_of(heading);
  }
  const size_t words = word_count(title);
  if (words <= kFewWords && (!hierarchical || words + 1 != word_count(whole))) title = whole;
  return title.empty() ? whole : title;
}

std::string title_element(const PageTree& tree) {
  const uint32_t node = tree.first(HtmlTag::kTitle);
  return node == 0 ? std::string() : tree.text_of(node);
}

std::string title_of(const PageTree& tree, const MetaValues& meta, const LinkedData& data) {
  const std::string element = title_element(tree);
  std::string title = clean(data.headline.empty() ? data.name : data.headline);
  if (!data.headline.empty() && !data.name.empty() && data.name != data.headline) {
    const std::string name = clean(data.name);
    if (title_similarity(name, element) > 0.75 && title_similarity(title, element) <= 0.75) {
      title = name;
    } else if (title_similarity(title, element) <= 0.75) {
      title = name;
    }
  }
  if (title.empty()) {
    title = first_of(
        meta, {"dc:title", "dcterm:title", "dcterms:title", "og:title", "weibo:article:title",
               "weibo:webpage:title", "title", "twitter:title", "parsely-title"});
  }
  if (title.empty()) title = title_from_element(element, tree);
  if (title.empty()) {
    for (const HtmlTag tag : {HtmlTag::kH1, HtmlTag::kH2}) {
      const uint32_t heading = tree.first(tag);
      if (heading != 0 && title.empty()) title = tree.text_of(heading);
    }
  }
  return title;
}

bool is_link(std::string_view text) {
  return text.find(' ') == std::string_view::npos &&
         (text.find("://") != std::string_view::npos || text.starts_with("www."));
}

// The first byline that the page shows, outside of menus, pictures and comments; of the page's
// likely parts alone (no sidebars, headers and the like), or of all.
std::string first_visible_byline(const PageTree& tree, ClassWordReader& classes,
                                 bool likely_parts) {
  for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
    const HtmlTag tag = tree[i].tag;
    if (tree[i].is_text || tag == HtmlTag::kHtml || tag == HtmlTag::kBody) continue;
    const ClassWords words = classes.read(i);
    if (is_byline(tree, i, classes) && !is_hidden(tree, i) &&
        tree.text_of(i, kMaxBylineBytes + 1).size() <= kMaxBylineBytes) {
      std::string byline = visible_byline(tree, i);
      if (!byline.empty()) return byline;
    }
    const bool unlikely = likely_parts && words.unlikely && !words.maybe && tag != HtmlTag::kA;
    if (tag == HtmlTag::kNav || tag == HtmlTag::kFigure || words.comments || unlikely ||
        is_hidden(tree, i)) {
      i = tree[i].end - 1;
    }
  }
  return {};
}

std::string byline_of(const PageTree& tree, const MetaValues& meta, const LinkedData& data,
                      ClassWordReader& classes) {
  std::string byline = clean_byline(clean(joined_names(data.authors)));
  if (!byline.empty() && !is_link(byline)) return byline;
  for (const std::string_view name :
       {"dc:creator", "dcterm:creator", "dcterms:creator", "author", "parsely-author",
        "article:author", "og:article:author", "sailthru:author", "byl", "article:author_name",
        "citation_author", "twitter:creator:name"}) {
    byline = clean_byline(first_of(meta, {name}));
    if (!byline.empty() && !is_link(byline)) return byline;
  }
  for (const bool likely_parts : {true, false}) {
    byline = first_visible_byline(tree, classes, likely_parts);
    if (!byline.empty()) return byline;
  }
  return {};
}

std::string visible_date(const PageTree& tree, ClassWordReader& classes) {
  std::string of_time, of_microdata, of_class;
  for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
    const PageNode& node = tree[i];
    if (node.is_text) continue;
    const std::string_view property = tree.attribute(i, "itemprop");
    if (of_microdata.empty() && property.find("datePublished") != std::string_view::npos) {
      for (const std::string_view name : {"content", "datetime", "title"}) {
        if (of_microdata.empty()) of_microdata = find_date(tree.attribute(i, name));
      }
      if (of_microdata.empty()) of_microdata = find_date(tree.text_of(i, 200));
    }
    if (node.tag == HtmlTag::kTime && of_time.empty()) {
      of_time = find_date(tree.attribute(i, "datetime"));
      if (of_time.empty()) of_time = find_date(tree.text_of(i, 200));
    }
    if (of_class.empty() && node.attribute_count > 0 && classes.read(i).dateline) {
      of_class = find_date(tree.attribute(i, "title"));
      if (of_class.empty()) of_class = find_date(tree.text_of(i, 200));
    }
  }
  return !of_microdata.empty() ? of_microdata : !of_time.empty() ? of_time : of_class;
}

std::string canonical_of(const PageTree& tree, const MetaValues& meta, const LinkedData& data) {
  for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
    if (tree[i].tag == HtmlTag::kLink && lower(tree.attribute(i, "rel")) == "canonical") {
      return clean(tree.attribute(i, "href"));
    }
  }
  const std::string link = first_of(meta, {"og:url"});
  return link.empty() ? clean(data.link) : link;
}

std::string language_of(const PageTree& tree, const MetaValues& meta, const LinkedData& data) {
  const uint32_t html = tree.first(HtmlTag::kHtml);
  for (const std::string_view name : {"lang", "xml:lang"}) {
    const std::string language = normal_language_tag(tree.attribute(html, name));
    if (!language.empty()) return language;
  }
  for (const std::string_view name : {"content-language", "dc:language", "language"}) {
    const std::string language = normal_language_tag(first_of(meta, {name}));
    if (!language.empty()) return language;
  }
  const std::string language = normal_language_tag(data.language);
  return language.empty() ? normal_language_tag(first_of(meta, {"og:locale"})) : language;
}

}  // namespace

std::string normal_language_tag(std::string_view tag) {
  const size_t begin = tag.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  tag = tag.substr(begin, tag.find_last_not_of(" \t\r\n") - begin + 1);
  std::string normal;
  size_t parts = 0;
  for (size_t at = 0; at <= tag.size(); ++parts) {
    const size_t end = std::min(tag.find_first_of("-_", at), tag.size());
    std::string part = lower(tag.substr(at, end - at));
    const bool letters = std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
    if (!letters || part.empty() || part.size() > 8) return {};
    if (parts == 0 && (part.size() > 3 || part.size() < 2)) return {};
    if (parts > 0 && part.size() == 2) {
      std::transform(part.begin(), part.end(), part.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    } else if (parts > 0 && part.size() == 4 && part[0] >= 'a') {
      part[0] = static_cast<char>(part[0] - 32);
    }
    normal += (parts > 0 ? "-" : "") + part;
    at = end + 1;
  }
  return normal;
}

double title_similarity(std::string_view first, std::string_view second) {
  std::set<std::string> known;
  for (const ByteRange word : words(first)) known.insert(fold(slice(first, word)));
  size_t all = 0, unknown = 0;
  for (const ByteRange word : words(second)) {
    all += word.size();
    if (known.find(fold(slice(second, word))) == known.end()) unknown += word.size();
  }
  return all == 0 || known.empty() ? 0
                                   : 1 - static_cast<double>(unknown) / static_cast<double>(all);
}

PageMetadata read_page_metadata(const PageTree& tree, std::string_view where,
                                ClassWordReader& classes) {
  const LinkedData data = read_json_ld(tree.json_ld());
  const MetaValues meta = read_meta(tree);
  PageMetadata page;
  page.title = title_of(tree, meta, data);
  page.byline = byline_of(tree, meta, data, classes);
  for (const std::string& name : data.authors) page.authors.push_back(clean(name));
  page.date = find_date(data.date);
  if (page.date.empty()) {
    page.date = first_date(meta, {"article:published_time",
                                  "og:published_time",
                                  "og:article:published_time",
                                  "parsely-pub-date",
                                  "datepublished",
                                  "article:published",
                                  "dc:date:issued",
                                  "dcterms:issued",
                                  "dcterms:created",
                                  "dc:date:created",
                                  "dc:date",
                                  "dcterms:date",
                                  "sailthru:date",
                                  "publishdate",
                                  "publish-date",
                                  "pubdate",
                                  "publication_date",
                                  "date",
                                  "cxenseparse:recs:publishtime",
                                  "citation_publication_date"});
  }
  if (page.date.empty()) page.date = visible_date(tree, classes);
  page.canonical = canonical_of(tree, meta, data);
  for (const std::string_view link : {std::string_view(page.canonical), where}) {
    if (page.date.empty()) page.date = date_in_link(link);
  }
  page.language = language_of(tree, meta, data);
  page.site_name = first_of(meta, {"og:site_name", "application-name"});
  if (page.site_name.empty()) page.site_name = clean(data.site_name);
  page.article_body = data.body;
  page.says_article = data.is_article || first_of(meta, {"og:type"}) == "article";
  return page;
}

}  // namespace twin
