#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "collection/warehouse.h"

namespace twin {
namespace {

void run_export_warehouse(Session& session, const std::string& folder) {
  const ExportReport report = export_warehouse(session.documents(), folder);
  session.print(fmt::format("Wrote {} users, {} articles, {} posts, {} repositories to {}.\n",
                            report.users, report.articles, report.posts, report.repositories,
                            folder));
  session.print_json({{"folder", folder},
                      {"users", report.users},
                      {"articles", report.articles},
                      {"posts", report.posts},
                      {"repositories", report.repositories}});
}

}  // namespace

void add_export_command(CLI::App& app, Invocation& invocation) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("export", "Write what the workspace holds for others");
  command->require_subcommand(1);
  CLI::App* warehouse =
      command->add_subcommand("warehouse", "The reference system's warehouse JSON");
  warehouse->add_option("DIR", *folder, "Folder to write to")->required();
  warehouse->footer("Example:\n  twin export warehouse exports/warehouse");
  warehouse->callback([&invocation, folder] {
    invocation.run = [folder](Session& session) { run_export_warehouse(session, *folder); };
  });
}

}  // namespace twin
