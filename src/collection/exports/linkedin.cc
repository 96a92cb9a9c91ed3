#include "collection/exports/csv.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "text/html.h"
#include "text/html_parts.h"

// LinkedIn's "Get a copy of your data": Shares.csv (Date,ShareLink,ShareCommentary,SharedUrl,
// MediaUrl,Visibility), Comments.csv (Date,Link,Message), Articles/Articles/*.html, Profile.csv; of
// a complete archive the names end in the member's number ("Shares_155814142.csv"). An article is
// <h1><a href=...>, p.created, p.published and a <div>. Dates are UTC and do not say so.
// Source: https://www.linkedin.com/help/linkedin/answer/a566336.
namespace twin {
namespace {

constexpr std::string_view kArticleExtractor = "linkedin-article/1";
constexpr std::string_view kPostExtractor = "linkedin-csv/1";

// The tables of a name, with and without the member's number.
std::vector<size_t> tables(const ExportSource& source, std::string_view name) {
  std::vector<size_t> found;
  for (size_t i = 0; i < source.files().size(); ++i) {
    std::string_view file = source.files()[i].path;
    file.remove_prefix(file.find_last_of('/') + 1);
    if (!file.starts_with(name) || !file.ends_with(".csv")) continue;
    std::string_view rest = file.substr(name.size(), file.size() - name.size() - 4);
    if (rest.starts_with('_')) rest.remove_prefix(1);
    if (rest.find_first_not_of("0123456789") == rest.npos) found.push_back(i);
  }
  return found;
}

bool is_article(std::string_view path) {
  return path.ends_with(".html") &&
         (path.starts_with("Articles/") || path.find("/Articles/") != path.npos);
}

bool recognises(ExportSource& source) {
  for (const char* name : {"Shares", "Comments", "Profile", "Connections"}) {
    for (const size_t table : tables(source, name)) {
      const std::string head = source.head(table, 4096);
      for (const char* header : {"Date,ShareLink", "Date,Link,Message",
                                 "First Name,Last Name,Maiden", "First Name,Last Name,URL"}) {
        if (head.find(header) != head.npos) return true;
      }
    }
  }
  for (size_t i = 0; i < source.files().size(); ++i) {
    if (!is_article(source.files()[i].path)) continue;
    const std::string head = source.head(i, 8192);
    return head.find("linkedin.com/pulse/") != head.npos;
  }
  return false;
}

// "Published on 2024-09-20 06:12" -> "2024-09-20T06:12".
std::string date_of(std::string_view sentence) {
  const size_t digit = sentence.find_first_of("0123456789");
  return digit == sentence.npos ? std::string() : iso_from_spaced_date(sentence.substr(digit));
}

void collect_article(ExportRun& run, size_t file) {
  const std::string item = run.source.item(file);
  run.attempt(item, [&] {
    RawDocument document;
    document.raw = run.source.read(file, run.options.max_file_bytes);
    const std::string_view html = document.raw;
    size_t body = 0;
    std::string created, published;
    for (const HtmlPart& part : html_parts(html, item, {"h1", ".created", ".published"})) {
      if (part.selector == ".created" && created.empty()) created = date_of(part.text);
      if (part.selector == ".published" && published.empty()) published = date_of(part.text);
      if (part.selector == "h1" && document.title.empty()) {
        document.title = part.text;
        for (const HtmlPart& link : html_parts(slice(html, part.inner), item, {"a"})) {
          if (document.link.empty()) document.link = link.href;
        }
      } else if (part.selector == "h1") {
        continue;
      }
      body = part.outer.end;
    }
    document.verbatim = html_to_markdown(html.substr(body), item).markdown;
    if (document.verbatim.empty()) throw Refusal{"skipped", "a page without text"};
    if (published.empty() && !created.empty()) throw Refusal{"skipped", "a draft"};
    document.date = published;
    document.platform = "linkedin";
    document.media_type = "text/html";
    document.extractor = kArticleExtractor;
    run.collector.keep(std::move(document), item);
  });
}

// LinkedIn writes a line break of a post as quote, break, quote, and a quote twice over.
std::string post_text(const std::string& field) {
  std::string text = replace_all(field, "\"\r\n\"", "\n");
  text = replace_all(std::move(text), "\"\n\"", "\n");
  if (text.find('\n') != text.npos || text.find("\"\"") != text.npos) {
    text = replace_all(std::move(text), "\"\"", "\"");
  }
  return std::string(trim(text));
}

struct PostTable {
  const char* name;
  const char* text_column;
  const char* link_column;
  const char* genre;
  const char* without_text;
};
constexpr PostTable kPosts = {"Shares", "ShareCommentary", "ShareLink", "",
                              "shares without a word of the author's"};
constexpr PostTable kComments = {"Comments", "Message", "Link", "comment",
                                 "comments without a text"};

void collect_rows(ExportRun& run, size_t file, const PostTable& kind) {
  const std::string where = run.source.item(file);
  run.attempt(where, [&] {
    const std::string text = run.source.read(file, run.options.max_table_bytes);
    CsvOptions csv;
    csv.backslash_quotes = std::string_view(kind.genre) == "comment";
    const CsvTable table(text, where, {"Date", kind.text_column}, csv);
    size_t empty = 0, number = 0;
    for (const CsvRow& row : table.rows()) {
      ++number;
      RawDocument document;
      document.verbatim = post_text(table.field(row, kind.text_column));
      if (document.verbatim.empty()) {
        ++empty;
        continue;
      }
      document.raw = slice(text, row.range);
      document.date = iso_from_spaced_date(table.field(row, "Date"));
      const std::string& link = table.field(row, kind.link_column);
      // A comment's link is the post's it stands under: the date tells comments apart.
      const std::string part =
          link.empty() ? "linkedin:" + std::string(kind.name) + '/' + std::to_string(number) : link;
      document.link = *kind.genre == '\0' ? part : part + "#comment-" + document.date;
      document.category = Category::kPosts;
      document.genre = kind.genre;
      document.platform = "linkedin";
      document.media_type = "text/csv";
      document.extractor = kPostExtractor;
      const std::string item = where + '#' + document.link;
      run.attempt(item, [&] { run.collector.keep(std::move(document), item); });
    }
    run.skip_group(where + "#empty", empty, kind.without_text);
  });
}

void collect(ExportRun& run) {
  for (size_t i = 0; i < run.source.files().size(); ++i) {
    if (is_article(run.source.files()[i].path)) collect_article(run, i);
  }
  for (const PostTable& kind : {kPosts, kComments}) {
    for (const size_t file : tables(run.source, kind.name)) collect_rows(run, file, kind);
  }
  for (const size_t file : tables(run.source, "messages")) {
    run.skip(file, "private messages are not collected");
  }
  for (const size_t file : tables(run.source, "InstantReposts")) {
    run.skip(file, "reposts: the words of others");
  }
}

std::string author(ExportSource& source) {
  for (const size_t file : tables(source, "Profile")) {
    const CsvTable table(source.head(file, 1 << 20), "Profile.csv", {"First Name", "Last Name"});
    for (const CsvRow& row : table.rows()) {
      return std::string(
          trim(table.field(row, "First Name") + ' ' + table.field(row, "Last Name")));
    }
  }
  return {};
}

}  // namespace

const ExportFormat kLinkedInExport = {"linkedin", recognises, collect, author};

}  // namespace twin
