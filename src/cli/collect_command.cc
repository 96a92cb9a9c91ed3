#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/http_client.h"
#include "cli/collection_report.h"
#include "cli/command.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "cli/web_settings.h"
#include "collection/exports/exports.h"
#include "collection/files.h"
#include "collection/web/crawl.h"

namespace twin {
namespace {

struct CollectOptions {
  std::string author;
  std::vector<std::string> paths;
  std::vector<std::string> own_names;
};

// "a@example.org, b@example.org", as the setting has them.
std::vector<std::string> addresses_of(const std::string& list) {
  std::vector<std::string> addresses;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find_first_of(", ", begin), list.size());
    if (end > begin) addresses.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return addresses;
}

// The author the files are by: the flag, the workspace's own author, or whom an export belongs to.
Author author_of_files(Session& session, const CollectOptions& options) {
  std::string name = options.author.empty() ? session.settings().text("author") : options.author;
  for (const std::string& path : options.paths) {
    if (name.empty() && !is_http_url(path)) name = export_author(path);
  }
  if (name.empty()) {
    throw Error(ErrorCode::kUsage,
                "who wrote these? say --author \"First Last\" or set `author:` in twin.yaml");
  }
  if (std::optional<Author> known = session.documents().find_author(name)) return *known;
  return author_from_full_name(name);
}

Url link_of(const std::string& text) {
  try {
    return Url::parse(text);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, error.what());
  }
}

CollectionReport collect_links(Session& session, const Author& author,
                               const std::vector<Url>& links) {
  const WebOptions options = web_options(session);
  const WebSources sources = make_web_sources();
  Collector collector(session.context(), session.documents(), author);
  const CrawlReport crawl = collect_web(collector, sources, links, options);
  if (crawl.resumed) session.context().log.info("went on where the last run was cut off");
  if (crawl.waiting > 0) {
    session.print(fmt::format("{} links wait for the next run: collect.web.max_pages is {}.\n",
                              crawl.waiting, options.max_pages));
  }
  return collector.report();
}

void run_collect(Session& session, const CollectOptions& options) {
  const Author author = author_of_files(session, options);
  FileOptions limits;
  limits.own_names = options.own_names;
  limits.max_file_bytes = size_setting(session, "collect.max_file_bytes", 1, size_t{1} << 40);
  limits.mail_addresses = addresses_of(session.settings().text("collect.mail.addresses"));
  std::vector<std::filesystem::path> paths;
  std::vector<Url> links;
  for (const std::string& path : options.paths) {
    if (is_http_url(path)) {
      links.push_back(link_of(path));
    } else {
      paths.emplace_back(path);
    }
  }
  CollectionReport report;
  if (!links.empty()) report.add(collect_links(session, author, links));
  if (!paths.empty()) {
    report.add(collect_files(session.context(), session.documents(), author, paths, limits));
  }
  print_collection_report(session, "Looked at", report);
}

}  // namespace

void add_collect_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CollectOptions>();
  CLI::App* command = app.add_subcommand(
      "collect", "Collect what a person wrote, unchanged: files, folders, links");
  command
      ->add_option(
          "PATH", options->paths,
          "Files and folders (Markdown, HTML, plain text, mbox, Maildir, DOCX, ODT, EPUB, PDF), "
          "archives, official exports, links of pages, feeds or sites")
      ->required();
  command->add_option("--author", options->author,
                      "Full name of who wrote them (default: the workspace's author)");
  add_setting_flag(
      *command, invocation, "--email", "collect.mail.addresses",
      "Addresses the author's mails are from, with commas between them (default: those "
      "that bear the author's name)");
  add_setting_flag(*command, invocation, "--limit", "collect.web.max_pages",
                   "Pages fetched in this run; the next run goes on");
  add_setting_flag(*command, invocation, "--delay", "collect.web.delay_seconds",
                   "Seconds between two requests to a server");
  command->add_flag_callback(
      "--allow-private-addresses",
      [&invocation] {
        invocation.flags.emplace_back("collect.web.allow_private_addresses", "true");
      },
      "Also fetch from addresses that are not of the public Internet, as http://localhost");
  command->add_option("--as", options->own_names,
                      "What the author is called in chats and exports: a name, handle or address; "
                      "may be given several times");
  command->footer(
      "Examples:\n"
      "  twin collect --author \"Ada Lovelace\" ~/writing\n"
      "  twin collect --author \"Charles Babbage\" letters/ essay.html\n"
      "  twin collect --email ada@example.org ~/Mail/Sent.mbox\n"
      "  twin collect medium-export.zip twitter-2024-archive.zip\n"
      "  twin collect --as ada \"WhatsApp Chat - Charles.zip\"\n"
      "  twin collect https://ada.example.org/\n\n"
      "Links are fetched politely: robots.txt is obeyed, one request at a time per server, and "
      "the\n"
      "next run asks only for what changed.\n"
      "Run it again after you wrote more: what is unchanged stays, what changed becomes a new\n"
      "version and the old one is kept. `twin status --items` says what became of each file.");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_collect(session, *options); };
  });
}

}  // namespace twin
