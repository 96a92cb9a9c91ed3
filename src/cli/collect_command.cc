#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/collection_report.h"
#include "cli/command.h"
#include "cli/training_settings.h"
#include "collection/files.h"

namespace twin {
namespace {

struct CollectOptions {
  std::string author;
  std::vector<std::string> paths;
};

// The author the files are by: the flag, or the workspace's own author.
Author author_of_files(Session& session, const std::string& flag) {
  const std::string& name = flag.empty() ? session.settings().text("author") : flag;
  if (name.empty()) {
    throw Error(ErrorCode::kUsage,
                "who wrote these? say --author \"First Last\" or set `author:` in twin.yaml");
  }
  if (std::optional<Author> known = session.documents().find_author(name)) return *known;
  return author_from_full_name(name);
}

void run_collect(Session& session, const CollectOptions& options) {
  const Author author = author_of_files(session, options.author);
  FileOptions limits;
  limits.max_file_bytes = size_setting(session, "collect.max_file_bytes", 1, size_t{1} << 40);
  const std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
  const CollectionReport report =
      collect_files(session.context(), session.documents(), author, paths, limits);
  print_collection_report(session, "Looked at", report);
}

}  // namespace

void add_collect_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CollectOptions>();
  CLI::App* command =
      app.add_subcommand("collect", "Collect files and folders a person wrote, unchanged");
  command->add_option("PATH", options->paths, "Files and folders: Markdown, HTML, plain text")
      ->required();
  command->add_option("--author", options->author,
                      "Full name of who wrote them (default: the workspace's author)");
  command->footer(
      "Examples:\n"
      "  twin collect --author \"Ada Lovelace\" ~/writing\n"
      "  twin collect --author \"Charles Babbage\" letters/ essay.html\n\n"
      "Run it again after you wrote more: what is unchanged stays, what changed becomes a new\n"
      "version and the old one is kept. `twin status --items` says what became of each file.");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_collect(session, *options); };
  });
}

}  // namespace twin
