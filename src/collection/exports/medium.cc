#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "text/html.h"
#include "text/html_parts.h"
#include "text/unicode.h"

// Medium's "Download your information": posts/DATE_Title-ID.html and posts/draft_Title-ID.html,
// profile/profile.html, and folders of claps, bookmarks, lists and the like. A page is an h-entry:
// .p-name, .p-summary (the subtitle), .e-content, .dt-published, .p-canonical. Responses stand
// among the posts. Source: the pages' own microformat, https://microformats.org/wiki/h-entry.
namespace twin {
namespace {

constexpr std::string_view kExtractor = "medium-export/1";
constexpr std::string_view kRule = "* * *\n\n";
constexpr size_t kHeadBytes = 16 << 10;

std::string root(const ExportSource& source) {
  for (const ExportSource::File& file : source.files()) {
    const size_t at = file.path.find("posts/");
    const bool page = file.path.ends_with(".html") && file.refused.empty();
    if (page && at != file.path.npos && (at == 0 || file.path[at - 1] == '/')) {
      return file.path.substr(0, at);
    }
  }
  return {};
}

std::vector<size_t> pages(const ExportSource& source) {
  return source.matching(root(source) + "posts/", ".html");
}

bool recognises(ExportSource& source) {
  size_t looked_at = 0;
  for (const size_t page : pages(source)) {
    if (++looked_at > 3) break;
    const std::string head = source.head(page, kHeadBytes);
    if (head.find("class=\"h-entry\"") != head.npos && head.find("p-name") != head.npos)
      return true;
  }
  return false;
}

// A response has no heading of its own: Medium names it after its first words.
bool is_response(std::string_view body, std::string_view title, const std::string& text) {
  if (body.find("graf--title") != body.npos) return false;
  std::string begin = fold(title);
  for (const std::string_view end : {"…", "..."}) {
    if (begin.ends_with(end)) begin.resize(begin.size() - end.size());
  }
  return !begin.empty() && fold(text).starts_with(begin);
}

RawDocument read_page(std::string html, const std::string& where) {
  RawDocument document;
  std::string_view body;
  std::string text;
  for (const HtmlPart& part : html_parts(
           html, where, {".p-name", ".p-summary", ".e-content", ".dt-published", ".p-canonical"})) {
    if (part.selector == ".p-name") document.title = part.text;
    if (part.selector == ".p-summary") document.subtitle = part.text;
    if (part.selector == ".dt-published") document.date = part.datetime;
    if (part.selector == ".p-canonical") document.link = part.href;
    if (part.selector == ".e-content") {
      body = slice(html, part.inner);
      text = part.text;
    }
  }
  if (body.empty()) throw Refusal{"failed", "no text: its page has no section of class e-content"};
  if (is_response(body, document.title, text)) document.genre = "comment";
  document.verbatim = html_to_markdown(body, where).markdown;
  // The rule that begins every section is not shown before the first.
  if (document.verbatim.starts_with(kRule)) document.verbatim.erase(0, kRule.size());
  if (document.verbatim.empty()) throw Refusal{"skipped", "a page without text"};
  document.platform = "medium";
  document.media_type = "text/html";
  document.extractor = kExtractor;
  document.raw = std::move(html);
  return document;
}

void collect(ExportRun& run) {
  for (const size_t page : pages(run.source)) {
    const std::string& path = run.source.files()[page].path;
    if (path.substr(path.find_last_of('/') + 1).starts_with("draft_")) {
      run.skip(page, "a draft");
      continue;
    }
    const std::string item = run.source.item(page);
    run.attempt(item, [&] {
      run.collector.keep(read_page(run.source.read(page, run.options.max_file_bytes), item), item);
    });
  }
}

std::string author(ExportSource& source) {
  const auto profile = source.find(root(source) + "profile/profile.html");
  if (!profile) return {};
  const std::string html = source.head(*profile, 1 << 20);
  for (const HtmlPart& part : html_parts(html, "profile.html", {".p-name", "h3"})) {
    if (!part.text.empty()) return part.text;
  }
  return {};
}

}  // namespace

const ExportFormat kMediumExport = {"medium", recognises, collect, author};

}  // namespace twin
