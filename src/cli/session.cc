#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "base/machine.h"
#include "cli/document_place.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

LogLevel log_level(const GlobalFlags& flags) {
  if (flags.verbose) return LogLevel::kDebug;
  return flags.quiet ? LogLevel::kWarning : LogLevel::kInfo;
}

std::string list_names(const std::vector<Author>& authors) {
  std::string names;
  for (const Author& author : authors) {
    names += (names.empty() ? "'" : ", '") + author.full_name() + "'";
  }
  return names;
}

// The machine's processors shared out, no more than mpirun bound this process to.
size_t threads_of_each(const ProcessGroup& processes) {
  const auto online = static_cast<size_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  return std::clamp<size_t>(online / processes.local_size(), 1, available_processors());
}

}  // namespace

Workspace workspace_at(const fs::path& folder) {
  const Workspace workspace{fs::absolute(folder)};
  if (!fs::exists(workspace.root / "twin.yaml")) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: no twin.yaml there; `twin init {}` makes one",
                                               folder.string(), folder.string()));
  }
  return workspace;
}

std::optional<Workspace> find_workspace(const fs::path& start) {
  for (fs::path folder = fs::absolute(start);; folder = folder.parent_path()) {
    if (fs::exists(folder / "twin.yaml")) return Workspace{folder};
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

ProgramSession::ProgramSession(const GlobalFlags& flags, const Invocation& invocation,
                               const std::atomic<bool>& interrupted)
    : flags_(flags),
      workspace_(flags.workspace.empty() ? find_workspace(fs::current_path())
                                         : std::optional(workspace_at(flags.workspace))),
      settings_(known_settings()),
      log_(make_stderr_logger(log_level(flags))),
      progress_(flags.quiet ? make_null_progress() : make_stderr_progress()),
      clock_(make_system_clock()),
      interrupted_(interrupted) {
  if (workspace_) load_settings(*workspace_, settings_);
  settings_.load_environment([](const char* name) -> const char* { return std::getenv(name); });
  for (const std::string& assignment : flags.settings) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      throw Error(
          ErrorCode::kUsage,
          fmt::format("--set {}: expected key=value, for example --set write.k=3", assignment));
    }
    settings_.set_flag(assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  for (const auto& [key, value] : invocation.flags) settings_.set_flag(key, value);
}

ProgramSession::~ProgramSession() = default;

Context& ProgramSession::context() {
  if (!context_) {
    const long long threads = settings_.integer("threads");
    if (threads < 0 || threads > 1024) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("setting threads is {}; expected 0 to 1024", threads));
    }
    processes_ = join_mpi();
    threads_ = std::make_unique<ThreadPool>(
        threads == 0 && processes_ ? threads_of_each(*processes_) : static_cast<size_t>(threads));
    if (processes_ && !processes_->is_first()) {
      log_ = make_stderr_logger(LogLevel::kError);
      progress_ = make_null_progress();
    }
    context_ =
        std::make_unique<Context>(Context{*threads_, *log_, *progress_, *clock_, interrupted_,
                                          processes_ ? *processes_ : single_process()});
  }
  return *context_;
}

const kernels::Kernels& ProgramSession::kernels() {
  const char* forced = std::getenv("TWIN_FORCE_ISA");
  return kernels::choose_kernels(forced == nullptr ? "" : forced);
}

const Workspace& ProgramSession::workspace() {
  if (!workspace_) {
    throw Error(ErrorCode::kUsage,
                "no workspace here: no twin.yaml in this folder or above it; `twin init DIR` makes "
                "one, --workspace DIR names another");
  }
  return *workspace_;
}

DocumentStore& ProgramSession::documents() {
  if (!documents_) documents_ = open_documents(context(), workspace(), settings_);
  return *documents_;
}

Author ProgramSession::author(const std::string& flag) {
  const std::string& name = flag.empty() ? settings_.text("author") : flag;
  const std::vector<Author> all = documents().authors();
  if (all.empty()) {
    throw Error(ErrorCode::kUsage,
                "the workspace has no documents yet: `twin import DIR` or `twin collect --author "
                "\"First Last\" PATH` brings them in");
  }
  if (name.empty()) {
    if (all.size() == 1) return all.front();
    throw Error(
        ErrorCode::kUsage,
        fmt::format("whose twin? The workspace holds {}; say --author NAME or set `author:` "
                    "in twin.yaml",
                    list_names(all)));
  }
  if (std::optional<Author> found = documents().find_author(name)) return *found;
  throw Error(ErrorCode::kUsage,
              fmt::format("no author '{}' here; the workspace holds {}", name, list_names(all)));
}

bool ProgramSession::color() const {
  return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr && !flags_.json;
}

void ProgramSession::print(std::string_view text) {
  if ((processes_ && !processes_->is_first()) || flags_.json) return;
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool ProgramSession::ask(const std::string& question) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  if (flags_.json || !terminal || (processes_ && !processes_->is_first())) return false;
  print(question + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  if (interrupted_) throw interruption();
  return answer == "y" || answer == "Y" || answer == "yes";
}

void ProgramSession::print_json(const Json& document) {
  if ((processes_ && !processes_->is_first()) || !flags_.json) return;
  const std::string text = dump_json(document) + '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace twin
