#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

struct InitOptions {
  std::string folder = ".";
  std::string author;
};

std::string quoted(const std::string& text) { return dump_json(Json(text)); }

void run_init(Session& session, const InitOptions& options) {
  const fs::path file = fs::absolute(options.folder).lexically_normal() / "twin.yaml";
  if (fs::exists(file)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: already a workspace; nothing was changed", file.string()));
  }
  std::string yaml = "# The settings of this twin; `twin config` lists them all.\n";
  yaml += options.author.empty() ? "# author: First Last\n"
                                 : fmt::format("author: {}\n", quoted(options.author));
  write_file_atomic(file, yaml);
  session.print(
      fmt::format("Made the workspace {}.\nNext: twin collect --author \"First Last\" "
                  "PATH, or twin import DIR\n",
                  file.parent_path().string()));
  session.print_json({{"workspace", file.parent_path().string()}});
}

}  // namespace

void add_init_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Make a workspace: a folder with a twin.yaml");
  command->add_option("DIR", options->folder, "Folder to make it in (default: this one)");
  command->add_option("--author", options->author, "Full name of the person the twin is of");
  command->footer("Example:\n  twin init my-twin --author \"Ada Lovelace\"");
  command->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_init(session, *options); };
  });
}

}  // namespace twin
