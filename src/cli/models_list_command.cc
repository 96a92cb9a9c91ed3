#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "models/model_list.h"

namespace twin {
namespace {

std::string count_text(size_t parameters) {
  if (parameters == 0) return "-";
  const double millions = static_cast<double>(parameters) / 1e6;
  return millions < 1000 ? fmt::format("{:.1f}M", millions)
                         : fmt::format("{:.2f}B", millions / 1000);
}

void run_list(Session& session) {
  std::vector<ListedModel> models;
  if (session.has_workspace()) models = list_models_in(session.workspace().models());
  const std::filesystem::path cache = environment_hub_settings().cache;
  const std::vector<ListedModel> cached = list_cached_models(cache);
  models.insert(models.end(), cached.begin(), cached.end());

  Json list = Json::array();
  if (models.empty()) {
    session.print(fmt::format("No models in the workspace or in {}.\n", cache.string()));
  } else {
    session.print(fmt::format("{:<44} {:<10} {:>10} {:<6} {:>10}  {}\n", "name", "family",
                              "parameters", "type", "size", "path"));
  }
  for (const ListedModel& model : models) {
    if (model.problem.empty()) {
      session.print(fmt::format("{:<44} {:<10} {:>10} {:<6} {:>10}  {}\n", model.name, model.family,
                                count_text(model.parameters), model.dtype,
                                format_bytes(static_cast<double>(model.weight_bytes)),
                                model.path.string()));
    } else {
      session.print(fmt::format("{:<44} cannot be opened: {}\n", model.name, model.problem));
    }
    list.push_back({{"name", model.name},
                    {"path", model.path.string()},
                    {"family", model.family},
                    {"parameters", model.parameters},
                    {"dtype", model.dtype},
                    {"weight_bytes", model.weight_bytes},
                    {"problem", model.problem}});
  }
  session.print_json({{"models", list}});
}

}  // namespace

void add_models_list(CLI::App& models, Invocation& invocation) {
  CLI::App* list =
      models.add_subcommand("list", "The models of the workspace and of the hub's cache");
  list->footer("Example:\n  twin models list");
  list->callback([&invocation] { invocation.run = run_list; });
}

}  // namespace twin
