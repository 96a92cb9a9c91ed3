#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"
#include "cli/model_argument.h"
#include "cli/search_models.h"
#include "models/hub/hub_cache.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxSettingsBytes = 1 << 20;

struct InitOptions {
  std::string folder = ".";
  std::string author;
};

std::string quoted(const std::string& text) { return dump_json(Json(text)); }

std::string settings_text(const InitOptions& options, const std::string& embedder) {
  std::string yaml = "# The settings of this twin; `twin config` lists them all.\n";
  yaml += options.author.empty() ? "# author: First Last\n"
                                 : fmt::format("author: {}\n", quoted(options.author));
  const char* off = embedder.empty() ? "# " : "";
  yaml += fmt::format("{0}search:\n{0}  embedder: {1}\n", off,
                      embedder.empty() ? kOfferedEmbedder : embedder);
  return yaml;
}

// Where somebody is there to say yes: fetches the embedder. Its name, or nothing.
std::string accepted_embedder(Session& session) {
  const HubName name = *parse_hub_name(kOfferedEmbedder);
  const bool cached = find_cached_model(environment_hub_settings().cache, name).has_value();
  const std::string question =
      cached ? fmt::format("{} is there already. Use it to search by meaning?", kOfferedEmbedder)
             : fmt::format("Fetch it now and use it ({}, {})?", kOfferedEmbedder,
                           kOfferedEmbedderSize);
  if (!session.ask(question)) return "";
  try {
    if (!cached) pull_model(session, name);
    return kOfferedEmbedder;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    session.context().log.warning(
        fmt::format("not fetched: {}; the workspace is made all the same", error.what()));
    return "";
  }
}

void run_init(Session& session, const InitOptions& options) {
  const fs::path file = fs::absolute(options.folder).lexically_normal() / "twin.yaml";
  if (fs::exists(file)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: already a workspace; nothing was changed", file.string()));
  }
  write_file_atomic(file, settings_text(options, ""));
  session.print(fmt::format("Made the workspace {}.\n\nSearch finds words; {} ({}).\n",
                            file.parent_path().string(), embedder_hint(), kOfferedEmbedderSize));
  const std::string embedder = accepted_embedder(session);
  if (!embedder.empty()) {
    // Fetching takes a while: what somebody wrote there meanwhile stays.
    const bool as_made = read_file(file, kMaxSettingsBytes) == settings_text(options, "");
    if (as_made) write_file_atomic(file, settings_text(options, embedder));
    session.print(as_made ? fmt::format("search.embedder is {} in twin.yaml.\n", embedder)
                          : fmt::format("Set search.embedder to {} in twin.yaml.\n", embedder));
  }
  session.print(
      "\nNext: twin collect --author \"First Last\" PATH, or twin import DIR; then twin "
      "features\n");
  session.print_json({{"workspace", file.parent_path().string()}, {"embedder", embedder}});
}

}  // namespace

void add_init_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Make a workspace: a folder with a twin.yaml");
  command->add_option("DIR", options->folder, "Folder to make it in (default: this one)");
  command->add_option("--author", options->author, "Full name of the person the twin is of");
  command->footer(
      "Example:\n  twin init my-twin --author \"Ada Lovelace\"\n\n"
      "On a terminal it asks whether to fetch a model that finds by meaning; elsewhere it only "
      "says\n"
      "how to.");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_init(session, *options); };
  });
}

}  // namespace twin
