#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "cli/search_models.h"
#include "cli/setting_flag.h"
#include "cli/training_settings.h"
#include "cli/writing_settings.h"
#include "inference/http_service.h"
#include "stores/vectors/vector_collections.h"
#include "training/pages/run_page.h"

namespace twin {
namespace {

// Says on each request what is missing: what the service has beside drafts works without.
class MissingGenerator : public TextGenerator {
 public:
  explicit MissingGenerator(std::string reason) : reason_(std::move(reason)) {}
  Result write(const WritingPrompt&, const SamplingOptions&,
               const std::function<bool(std::string_view)>&) override {
    throw Error(ErrorCode::kUsage, reason_);
  }
  std::string name() const override { return "none"; }

 private:
  std::string reason_;
};

std::unique_ptr<TextGenerator> generator_if_there(Session& session) {
  try {
    return workspace_generator(session);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    session.context().log.warning(fmt::format("no drafts: {}", error.what()));
    return std::make_unique<MissingGenerator>(error.what());
  }
}

void run_serve(Session& session) {
  ServiceOptions options;
  options.host = session.settings().text("serve.host");
  options.port = static_cast<int>(size_setting(session, "serve.port", 0, 65535));
  if (const char* key = std::getenv("TWIN_API_KEY")) options.api_key = key;
  options.author_name = session.author().full_name();
  options.writing = write_settings(session);
  options.run_page = [runs = session.workspace().runs()](const std::string& name) {
    return served_run_page(runs, name);
  };
  const auto collections = workspace_collections(session);
  options.collections = collections.get();
  const auto generator = generator_if_there(session);
  const SearchModels models = open_search_models(session, {.collections = collections.get()});
  const Retriever retriever(session.context(), session.documents(), models.models());
  HttpService service(session.context(), retriever, *generator, options);
  const bool ipv6 = options.host.find(':') != std::string::npos;
  const std::string url = fmt::format("http://{}{}{}:{}", ipv6 ? "[" : "", options.host,
                                      ipv6 ? "]" : "", service.port());
  session.print(
      fmt::format("The twin of {} answers at {}\n  documentation  {}/docs\n"
                  "  a draft        curl {}/rag -d '{{\"query\": \"...\"}}'\n"
                  "  training runs  {}/runs\n"
                  "  vectors        {}/collections (Qdrant's REST)\n"
                  "Ctrl-C stops it.\n",
                  options.author_name, url, url, url, url, url));
  session.print_json({{"url", url}, {"port", service.port()}});
  service.run();
  session.context().log.info("stopped");
}

}  // namespace

void add_serve_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("serve", "Drafts over HTTP: /rag, /docs, /health, /runs");
  add_setting_flag(*command, invocation, "--host", "serve.host",
                   "Address; any but loopback needs TWIN_API_KEY in the environment");
  add_setting_flag(*command, invocation, "--port", "serve.port", "Port; 0: any free one");
  add_setting_flag(*command, invocation, "--author", "author", "Full name of the author");
  command->footer(
      "Examples:\n"
      "  twin serve\n"
      "  TWIN_API_KEY=$(openssl rand -hex 16) twin serve --host 0.0.0.0 --port 9000\n"
      "  curl localhost:8000/rag -d '{\"query\": \"Why I keep a notebook\"}'");
  command->callback([&invocation] { invocation.run = run_serve; });
}

}  // namespace twin
