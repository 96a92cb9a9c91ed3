#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/http_client.h"
#include "cli/command.h"
#include "text/article/article.h"

namespace twin {
namespace {

struct ExtractOptions {
  std::string source;
  bool plain = false;
};

std::string fetch(Session& session, const std::string& link) {
  const auto http = make_http_client(session.context());
  HttpRequest request;
  request.url = link;
  request.headers = {{"Accept", "text/html,application/xhtml+xml"}};
  HttpResponse response = send_following(*http, request);
  if (response.status != 200) {
    throw Error(ErrorCode::kRemote, fmt::format("{}: HTTP {}", link, response.status));
  }
  return std::move(response.body);
}

Json ranges_json(const std::vector<SourceRange>& ranges) {
  Json list = Json::array();
  for (const SourceRange& range : ranges) {
    list.push_back({{"begin", range.text.begin},
                    {"end", range.text.end},
                    {"source_begin", range.source.begin},
                    {"source_end", range.source.end}});
  }
  return list;
}

void run_extract(Session& session, const ExtractOptions& options) {
  const std::string html =
      is_http_url(options.source) ? fetch(session, options.source) : read_file(options.source);
  const ArticleReading reading = read_article(html, options.source);
  const std::pair<const char*, const std::string&> fields[] = {
      {"title", reading.title},         {"author", reading.byline},
      {"date", reading.date},           {"language", reading.language},
      {"canonical", reading.canonical}, {"site", reading.site_name}};
  for (const auto& [name, value] : fields) {
    if (!value.empty()) session.context().log.info(fmt::format("{}: {}", name, value));
  }
  if (!reading.is_article) {
    session.context().log.warning(fmt::format(
        "{}: no article: too little text, or a page that a browser fills first", options.source));
  }
  session.print(options.plain ? reading.text : reading.markdown);
  session.print_json({{"title", reading.title},
                      {"author", reading.byline},
                      {"date", reading.date},
                      {"language", reading.language},
                      {"canonical", reading.canonical},
                      {"site", reading.site_name},
                      {"is_article", reading.is_article},
                      {"text", reading.text},
                      {"markdown", reading.markdown},
                      {"ranges", ranges_json(reading.ranges)}});
}

}  // namespace

void add_extract_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ExtractOptions>();
  CLI::App* command = app.add_subcommand(
      "extract", "Show what is kept of one web page: its article as Markdown, who wrote it, when");
  command->add_option("PAGE", options->source, "An HTML file, or a link")->required();
  command->add_flag("--plain", options->plain, "Plain words instead of Markdown");
  command->footer(
      "Examples:\n"
      "  twin extract post.html > post.md\n"
      "  twin extract https://example.org/blog/a-post --json");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_extract(session, *options); };
  });
}

}  // namespace twin
