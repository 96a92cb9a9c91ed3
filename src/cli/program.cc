#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/session.h"

namespace twin {
namespace {

// A signal handler reaches nothing but a global.
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal asks for a clean stop; the second ends the program at once.
extern "C" void on_signal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

constexpr const char* kFooter =
    "A twin in six commands:\n"
    "  twin init my-twin && cd my-twin\n"
    "  twin collect --author \"Ada Lovelace\" ~/writing\n"
    "  twin features\n"
    "  twin train tokenizer && twin train base && twin train sft\n"
    "  twin evaluate\n"
    "  twin write \"Why I keep a notebook\"\n\n"
    "Exit codes: 0 done, 1 failed, 2 bad usage, 3 bad input data, 4 a remote service failed,\n"
    "5 does not fit (memory, disk), 130 interrupted.";

void add_global_flags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--workspace", flags.workspace,
                 "Folder of the twin (default: the nearest parent with a twin.yaml)")
      ->type_name("DIR");
  app.add_flag("--json", flags.json, "Machine-readable result on standard output");
  app.add_option("--set", flags.settings,
                 "Set one setting for this run, key=value (see `twin config`)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_flag("-v,--verbose", flags.verbose, "Say more on standard error");
  app.add_flag("-q,--quiet", flags.quiet, "Only warnings and errors on standard error");
}

int report(const GlobalFlags& flags, ErrorCode code, const std::string& message) {
  if (flags.json) {
    const Json document = {{"error", {{"code", static_cast<int>(code)}, {"message", message}}}};
    fmt::print("{}\n", dump_json(document));
  }
  fmt::print(stderr, "twin: {}\n", message);
  return static_cast<int>(code);
}

int run_invocation(const GlobalFlags& flags, const Invocation& invocation) {
  try {
    ProgramSession session(flags, invocation, interrupted);
    invocation.run(session);
    return 0;
  } catch (const Error& error) {
    return report(flags, error.code(), error.what());
  } catch (const Bug& bug) {
    return report(flags, ErrorCode::kFailed,
                  fmt::format("internal error, please report it: {}", bug.what()));
  } catch (const std::bad_alloc&) {
    return report(flags, ErrorCode::kDoesNotFit, "out of memory");
  } catch (const std::exception& error) {
    return report(flags, ErrorCode::kFailed, error.what());
  }
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on files is an error like a full disk

  CLI::App app("Twin Writer: learns to write like one particular person.", "twin");
  app.footer(kFooter);
  app.set_version_flag("--version", "twin " TWIN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  GlobalFlags flags;
  add_global_flags(app, flags);
  Invocation invocation;
  for (const AddCommand add : commands()) add(app, invocation);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ErrorCode::kUsage);
  }
  return run_invocation(flags, invocation);
}

}  // namespace twin
