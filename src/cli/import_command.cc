#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/collection_report.h"
#include "cli/command.h"
#include "collection/warehouse.h"

namespace twin {
namespace {

void run_import(Session& session, const std::string& folder) {
  const CollectionReport report = import_warehouse(session.context(), session.documents(), folder);
  print_collection_report(session, "Imported", report);
}

}  // namespace

void add_import_command(CLI::App& app, Invocation& invocation) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("import", "Bring in a warehouse of the reference system");
  command->add_option("DIR", *folder, "Folder with ArticleDocument.json, UserDocument.json, ...")
      ->required();
  command->footer("Example:\n  twin import ~/llm-twin/data_warehouse_raw_data");
  command->callback([&invocation, folder] {
    invocation.run = [folder](Session& session) { run_import(session, *folder); };
  });
}

}  // namespace twin
