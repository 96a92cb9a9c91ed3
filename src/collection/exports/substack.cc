#include <map>
#include <set>

#include "collection/exports/csv.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "text/html.h"
#include "text/html_parts.h"

// Substack's export: posts.csv (post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,
// audience,title,subtitle,podcast_url), posts/ID.SLUG.html with each post's body, lists of who
// opened it beside it, and email_list.PUBLICATION.csv, whose name alone is looked at.
// Source: https://github.com/TryGhost/migrate, packages/mg-substack.
namespace twin {
namespace {

constexpr std::string_view kExtractor = "substack-export/1";

// Boxes that ask to subscribe or share: Substack's, not the author's.
const std::vector<std::string_view> kBoxes = {
    ".subscription-widget-wrap", ".subscription-widget-wrap-editor", ".subscription-widget",
    ".button-wrapper",           ".captioned-button-wrap",           ".install-substack-app-embed",
    ".digest-post-embed"};

bool recognises(ExportSource& source) {
  const auto root = source.root_of("posts.csv");
  if (!root) return false;
  const std::string head = source.head(*source.find(*root + "posts.csv"), 4096);
  return head.find("post_id") != head.npos && head.find("is_published") != head.npos;
}

// "https://PUBLICATION.substack.com/p/", from the name of the list of addresses.
std::string base_link(const ExportSource& source, const std::string& root) {
  for (const size_t file : source.matching(root + "email_list.", ".csv")) {
    const std::string& path = source.files()[file].path;
    const size_t begin = root.size() + std::string_view("email_list.").size();
    const std::string name = path.substr(begin, path.size() - begin - 4);
    if (!name.empty() &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos) {
      return "https://" + name + ".substack.com/p/";
    }
  }
  return {};
}

void collect_post(ExportRun& run, size_t page, const CsvTable& table, const CsvRow& row,
                  const std::string& base) {
  const std::string item = run.source.item(page);
  const std::string& id = table.field(row, "post_id");
  if (table.field(row, "is_published") != "true" && table.field(row, "is_published") != "TRUE") {
    return run.skip(page, "a draft");
  }
  run.attempt(item, [&] {
    RawDocument document;
    document.raw = run.source.read(page, run.options.max_file_bytes);
    document.verbatim =
        html_to_markdown(without_html_parts(document.raw, item, kBoxes), item).markdown;
    if (document.verbatim.empty()) throw Refusal{"skipped", "a page without text"};
    const size_t dot = id.find('.');
    const std::string slug = dot == id.npos ? id : id.substr(dot + 1);
    document.link = base.empty() ? "substack:" + id : base + slug;
    document.platform = "substack";
    document.title = table.field(row, "title");
    document.subtitle = table.field(row, "subtitle");
    document.date = table.field(row, "post_date");
    if (const std::string& type = table.field(row, "type"); type != "newsletter" && !type.empty()) {
      document.tags.push_back(type);
    }
    document.media_type = "text/html";
    document.extractor = kExtractor;
    run.collector.keep(std::move(document), item);
  });
}

// The rows of posts.csv by post_id, as it stands and up to its dot.
std::map<std::string, const CsvRow*> rows_by_id(const CsvTable& table) {
  std::map<std::string, const CsvRow*> rows;
  for (const CsvRow& row : table.rows()) {
    const std::string& id = table.field(row, "post_id");
    rows.emplace(id, &row);
    rows.emplace(id.substr(0, id.find('.')), &row);
  }
  return rows;
}

void collect(ExportRun& run) {
  const std::string root = run.source.root_of("posts.csv").value();
  const size_t list = run.source.find(root + "posts.csv").value();
  const std::string base = base_link(run.source, root);
  const std::string folder = root + "posts/", where = run.source.item(list);
  run.attempt(where, [&] {
    const std::string text = run.source.read(list, run.options.max_table_bytes);
    const CsvTable table(text, where, {"post_id", "is_published"});
    const auto rows = rows_by_id(table);
    std::set<const CsvRow*> seen;
    for (const size_t page : run.source.matching(folder, ".html")) {
      const std::string& path = run.source.files()[page].path;
      const auto row = rows.find(path.substr(folder.size(), path.size() - folder.size() - 5));
      if (row == rows.end()) {
        run.skip(page, "not listed in posts.csv");
        continue;
      }
      seen.insert(row->second);
      collect_post(run, page, table, *row->second, base);
    }
    for (const CsvRow& row : table.rows()) {
      if (seen.count(&row) > 0) continue;
      run.collector.refuse(where + '#' + table.field(row, "post_id"),
                           {"skipped", "its page is not in the export"});
    }
  });
  size_t lists = 0;
  for (const char* suffix : {".delivers.csv", ".opens.csv"}) {
    for (const size_t file : run.source.matching(folder, suffix)) {
      run.source.mark_used(file);
      ++lists;
    }
  }
  for (const size_t file : run.source.matching(root + "email_list.", ".csv")) {
    run.source.mark_used(file);
    ++lists;
  }
  run.skip_group(run.source.where() + '/' + root + "#subscribers", lists,
                 "lists of subscribers, never read");
}

std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kSubstackExport = {"substack", recognises, collect, author};

}  // namespace twin
