#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace twin {

// What the flags before or behind the command's name say.
struct GlobalFlags {
  std::string workspace;  // empty: the nearest parent with a twin.yaml
  bool json = false;
  bool verbose = false;
  bool quiet = false;
  std::vector<std::string> settings;  // "key=value"
};

// The program's Session: opens the workspace, the store and the kernels when a command first asks.
class ProgramSession : public Session {
 public:
  // `interrupted` outlives the session.
  ProgramSession(const GlobalFlags& flags, const Invocation& invocation,
                 const std::atomic<bool>& interrupted);
  ~ProgramSession() override;

  Context& context() override;
  const kernels::Kernels& kernels() override;
  const Settings& settings() override { return settings_; }
  bool has_workspace() const override { return workspace_.has_value(); }
  const Workspace& workspace() override;
  DocumentStore& documents() override;
  Author author(const std::string& flag) override;
  bool json() const override { return flags_.json; }
  bool color() const override;
  void print(std::string_view text) override;
  bool ask(const std::string& question) override;
  void print_json(const Json& document) override;

  Logger& log() { return *log_; }

 private:
  GlobalFlags flags_;
  std::optional<Workspace> workspace_;
  Settings settings_;
  std::unique_ptr<Logger> log_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<Clock> clock_;
  const std::atomic<bool>& interrupted_;
  std::unique_ptr<ThreadPool> threads_;
  std::unique_ptr<ProcessGroup> processes_;  // null: one alone
  std::unique_ptr<Context> context_;
  std::unique_ptr<DocumentStore> documents_;
};

// The workspace in that folder. Errors: kUsage where it has no twin.yaml.
Workspace workspace_at(const std::filesystem::path& folder);

// The folder `start` or the nearest parent that holds a twin.yaml.
std::optional<Workspace> find_workspace(const std::filesystem::path& start);

}  // namespace twin
