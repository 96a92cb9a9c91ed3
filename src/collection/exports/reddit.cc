#include "collection/exports/csv.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"

// Reddit's data request: posts.csv (id,permalink,date,ip,subreddit,gildings,title,url,body) and
// comments.csv (id,permalink,date,ip,subreddit,gildings,link,parent,body,media) among tables of
// votes, messages and the like. Bodies are Markdown, quotations "> " included.
// Source: https://support.reddithelp.com/hc/en-us/articles/360043048352.
namespace twin {
namespace {

constexpr std::string_view kExtractor = "reddit-csv/1";

std::optional<size_t> table_of(ExportSource& source, const std::string& name) {
  const auto root = source.root_of(name);
  if (!root) return {};
  const size_t file = source.find(*root + name).value();
  const std::string head = source.head(file, 1024);
  const bool ours = head.starts_with("id,permalink,date") && head.find("subreddit") != head.npos;
  return ours ? std::optional(file) : std::nullopt;
}

bool recognises(ExportSource& source) {
  return table_of(source, "posts.csv") || table_of(source, "comments.csv");
}

bool is_gone(std::string_view body) {
  body = trim(body);
  return body.empty() || body == "[deleted]" || body == "[removed]";
}

void collect_table(ExportRun& run, const std::string& name, bool comments) {
  const auto file = table_of(run.source, name);
  if (!file) return;
  const std::string where = run.source.item(*file);
  run.attempt(where, [&] {
    const std::string text = run.source.read(*file, run.options.max_table_bytes);
    const CsvTable table(text, where, {"id", "permalink", "body"});
    size_t empty = 0;
    for (const CsvRow& row : table.rows()) {
      const std::string& id = table.field(row, "id");
      const std::string& body = table.field(row, "body");
      if (is_gone(body)) {
        ++empty;
        continue;
      }
      RawDocument document;
      document.raw = slice(text, row.range);
      document.verbatim = body;
      const std::string& link = table.field(row, "permalink");
      document.link = link.starts_with('/') ? "https://www.reddit.com" + link
                      : link.empty()        ? "reddit:" + id
                                            : link;
      document.title = table.field(row, "title");
      document.date = iso_from_spaced_date(table.field(row, "date"));
      if (document.date.empty()) document.date = table.field(row, "date");
      if (const std::string& group = table.field(row, "subreddit"); !group.empty()) {
        document.tags.push_back(group);
      }
      document.category = Category::kPosts;
      document.genre = comments ? "comment" : "";
      document.platform = "reddit";
      document.media_type = "text/csv";
      document.extractor = kExtractor;
      const std::string item = where + '#' + id;
      run.attempt(item, [&] { run.collector.keep(std::move(document), item); });
    }
    run.skip_group(where + "#empty", empty,
                   comments ? "comments that were deleted" : "links and posts without a text");
  });
}

void collect(ExportRun& run) {
  collect_table(run, "posts.csv", false);
  collect_table(run, "comments.csv", true);
}

// Only a handle is in it.
std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kRedditExport = {"reddit", recognises, collect, author};

}  // namespace twin
