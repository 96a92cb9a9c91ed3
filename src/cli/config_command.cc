#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/document_place.h"
#include "stores/documents/mongo/connection_options.h"

namespace twin {
namespace {

void run_config(Session& session) {
  Json list = Json::array();
  for (const Settings::Entry& entry : session.settings().entries()) {
    // A URI may bear a password.
    const std::string value =
        is_mongodb_uri(entry.value) ? mongo::without_password(entry.value) : entry.value;
    session.print(fmt::format("{:<32} {:<18} {}\n{:<32} from {}\n", entry.info.key,
                              value.empty() ? "(none)" : value, entry.info.description, "",
                              entry.origin));
    list.push_back({{"key", entry.info.key},
                    {"value", value},
                    {"origin", entry.origin},
                    {"default", entry.info.default_value},
                    {"description", entry.info.description}});
  }
  session.print_json({{"settings", list}});
}

}  // namespace

void add_config_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("config", "Print every setting, its value and where that came from");
  command->footer(
      "Values come from, weakest first: the default, twin.yaml, the environment, flags.\n"
      "Examples:\n"
      "  twin config\n"
      "  TWIN_TRAIN_BASE_STEPS=200 twin config     the same as `train: {base: {steps: 200}}`\n"
      "  twin --set write.k=3 write \"...\"          for one run");
  command->callback([&invocation] { invocation.run = run_config; });
}

}  // namespace twin
