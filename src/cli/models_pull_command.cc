#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"

namespace twin {
namespace {

struct PullOptions {
  std::string model;
  std::string revision;
};

void run_pull(Session& session, const PullOptions& options) {
  auto name = parse_hub_name(options.model);
  if (!name) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("'{}' is no hub name, which is OWNER/NAME or OWNER/NAME:FILE", options.model));
  }
  if (!options.revision.empty()) {
    if (!is_safe_path(options.revision)) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("'{}' is no branch, tag or commit", options.revision));
    }
    name->revision = options.revision;
  }
  const PulledModel pulled = pull_model(session, *name);
  session.print(fmt::format("{}\n", pulled.path.string()));
  session.print_json({{"path", pulled.path.string()},
                      {"repository", name->repository()},
                      {"commit", pulled.commit},
                      {"files", pulled.files},
                      {"bytes", pulled.bytes},
                      {"downloaded_bytes", pulled.downloaded_bytes}});
}

}  // namespace

void add_models_pull(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<PullOptions>();
  CLI::App* pull = models.add_subcommand("pull", "Fetch a model from the Hugging Face hub");
  pull->add_option("MODEL", options->model,
                   "OWNER/NAME, or OWNER/NAME:FILE: a file, a pattern, or a quantisation (Q8_0)")
      ->required();
  pull->add_option("--revision", options->revision, "Branch, tag or commit (default: main)");
  pull->footer(
      "Examples:\n"
      "  twin models pull HuggingFaceTB/SmolLM2-135M\n"
      "  twin models pull bartowski/SmolLM2-135M-Instruct-GGUF:Q8_0\n\n"
      "Files go to the cache that Hugging Face's own client uses. HF_ENDPOINT, HF_TOKEN, HF_HOME,\n"
      "HF_HUB_CACHE and HF_HUB_OFFLINE are honoured. Run again after an interruption, it goes on\n"
      "where it was. Every command that takes a model takes the same name afterwards.");
  pull->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_pull(session, *options); };
  });
}

}  // namespace twin
