#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/http_client.h"
#include "cli/author_aliases.h"
#include "cli/collection_report.h"
#include "cli/command.h"
#include "cli/git_settings.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "cli/web_settings.h"
#include "collection/exports/exports.h"
#include "collection/files.h"
#include "collection/git/collect_git.h"
#include "collection/link_list.h"
#include "collection/web/crawl.h"
#include "collection/web/page_renderer.h"

namespace twin {
namespace {

struct CollectOptions {
  std::string author;
  std::vector<std::string> paths;
  std::vector<std::string> own_names;
  std::vector<std::string> emails;
  bool git = false;
  std::string config;
};

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

bool use_browser(Session& session) {
  const std::string& choice = session.settings().text("collect.web.browser");
  if (choice == "auto") return true;
  if (choice == "off") return false;
  throw Error(ErrorCode::kUsage,
              fmt::format("collect.web.browser: '{}'; expected auto or off", choice));
}

CollectionReport collect_links(Session& session, const Author& author, const GitOptions& git,
                               const std::vector<Url>& links) {
  WebOptions options = web_options(session);
  BrowserOptions browser;
  browser.public_addresses_only = !options.allow_private_addresses;
  PageRenderer renderer(session.context(), browser);
  if (use_browser(session)) {
    options.render = [&](const FetchedPage& plain) { return renderer.render(plain); };
  }
  const WebSources sources = make_web_sources(git);
  Collector collector(session.context(), session.documents(), author);
  const CrawlReport crawl = collect_web(collector, sources, links, options);
  if (crawl.resumed) session.context().log.info("went on where the last run was cut off");
  if (crawl.waiting > 0) {
    session.print(fmt::format("{} links wait for the next run: collect.web.max_pages is {}.\n",
                              crawl.waiting, options.max_pages));
  }
  return collector.report();
}

CollectionReport collect_repositories(Session& session, const Author& author,
                                      const GitOptions& options,
                                      const std::vector<std::filesystem::path>& folders) {
  Collector collector(session.context(), session.documents(), author);
  for (const std::filesystem::path& folder : folders) {
    collect_git_folder(collector, options, folder);
  }
  return collector.report();
}

std::filesystem::path repository_of(const std::string& path) {
  if (is_git_folder(path)) return path;
  throw Error(
      ErrorCode::kUsage,
      fmt::format("{}: no Git repository; --git takes folders that are one, and links", path));
}

// With --config: the author and the links of that file, after those of the command line.
CollectOptions with_link_list(CollectOptions options) {
  if (options.config.empty()) return options;
  LinkList list = read_link_list(options.config);
  if (options.author.empty()) options.author = list.user_full_name;
  options.paths.insert(options.paths.end(), list.links.begin(), list.links.end());
  return options;
}

void run_collect(Session& session, const CollectOptions& given) {
  const CollectOptions options = with_link_list(given);
  if (options.paths.empty()) {
    throw Error(ErrorCode::kUsage, "collect what? name files, folders or links, or --config FILE");
  }
  const Author author = with_aliases(session, author_of_files(session, options));
  FileOptions limits;
  limits.own_names = options.own_names;
  limits.max_file_bytes = size_setting(session, "collect.max_file_bytes", 1, size_t{1} << 40);
  GitOptions git = git_options(session);
  if (!options.emails.empty()) git.emails = options.emails;
  limits.mail_addresses = options.emails.empty()
                              ? addresses_of(session.settings().text("collect.mail.addresses"))
                              : options.emails;
  std::vector<std::filesystem::path> paths, repositories;
  std::vector<Url> links;
  for (const std::string& path : options.paths) {
    if (is_http_url(path)) {
      links.push_back(link_of(path));
    } else if (options.git) {
      repositories.push_back(repository_of(path));
    } else {
      paths.emplace_back(path);
    }
  }
  CollectionReport report;
  if (!repositories.empty()) {
    report.add(collect_repositories(session, author, git, repositories));
  }
  if (!links.empty()) report.add(collect_links(session, author, git, links));
  if (!paths.empty()) {
    report.add(collect_files(session.context(), session.documents(), author, paths, limits));
  }
  print_collection_report(session, "Looked at", report);
}

}  // namespace

void add_collect_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CollectOptions>();
  CLI::App* command = app.add_subcommand(
      "collect", "Collect what a person wrote, unchanged: files, folders, links, repositories");
  command->add_option(
      "PATH", options->paths,
      "Files and folders (Markdown, HTML, plain text, mbox, Maildir, DOCX, ODT, EPUB, PDF), "
      "archives, official exports, links of pages, feeds, sites, Git repositories and GitHub "
      "profiles");
  command->add_option("--author", options->author,
                      "Full name of who wrote them (default: the workspace's author)");
  command->add_option("--config", options->config,
                      "YAML file with user_full_name and links, as the LLM Engineer's Handbook has "
                      "them");
  command->add_option("--email", options->emails,
                      "Address of the author's mails and commits; may be given again (default: "
                      "collect.mail.addresses, collect.git.emails, else those used with the "
                      "author's name)");
  command->add_flag("--git", options->git,
                    "Folders are Git repositories: collect documentation, code and commit messages "
                    "of their history instead of the files that lie there");
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
      "  twin collect https://ada.example.org/ https://github.com/ada/engine\n"
      "  twin collect --git --email ada@example.org ~/src/engine\n\n"
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
