#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace twin {
namespace {

void run_config(Session& session) {
  Json list = Json::array();
  for (const Settings::Entry& entry : session.settings().entries()) {
    session.print(fmt::format("{:<32} {:<18} {}\n{:<32} from {}\n", entry.info.key,
                              entry.value.empty() ? "(none)" : entry.value, entry.info.description,
                              "", entry.origin));
    list.push_back({{"key", entry.info.key},
                    {"value", entry.value},
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
