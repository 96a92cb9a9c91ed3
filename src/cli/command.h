#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "stores/documents/document_store.h"

namespace CLI {
class App;
}

namespace twin {

// A workspace folder: where everything of one twin is.
struct Workspace {
  std::filesystem::path root;
  std::filesystem::path database() const { return root / "twin.db"; }
  // Of documents in MongoDB: what a search finds them by, made anew where it is deleted.
  std::filesystem::path passages() const { return root / "passages.db"; }
  std::filesystem::path vectors() const { return root / "vectors.db"; }
  std::filesystem::path models() const { return root / "models"; }
  std::filesystem::path tokenizer() const { return models() / "tokenizer"; }
  std::filesystem::path base_model() const { return models() / "base"; }
  std::filesystem::path sft_model() const { return models() / "sft"; }
  std::filesystem::path dpo_model() const { return models() / "dpo"; }
  std::filesystem::path runs() const { return root / "runs"; }
  std::filesystem::path exports() const { return root / "exports"; }
};

// One invocation of `twin` after its command line was read: what a command works with.
class Session {
 public:
  virtual ~Session() = default;

  virtual Context& context() = 0;
  virtual const kernels::Kernels& kernels() = 0;  // errors where TWIN_FORCE_ISA is wrong
  virtual const Settings& settings() = 0;
  virtual bool has_workspace() const = 0;
  // The nearest parent with a twin.yaml, or --workspace. Errors: kUsage where there is none.
  virtual const Workspace& workspace() = 0;
  virtual DocumentStore& documents() = 0;  // the workspace's, opened on first use

  // The author the twin is of: the flag's value where not empty, else the setting `author`, else
  // the only author of the store. Errors: kUsage listing the authors there are.
  virtual Author author(const std::string& flag = {}) = 0;

  virtual bool json() const = 0;
  // Whether standard output takes colour.
  virtual bool color() const = 0;
  // Text for people on standard output; nothing with --json.
  virtual void print(std::string_view text) = 0;
  // A question that is answered with y or n; n where nobody is there to answer: with --json, or
  // where standard input or output is no terminal (nothing is printed then).
  virtual bool ask(const std::string& question) = 0;
  // The machine-readable result on standard output, with --json alone. Once per command.
  virtual void print_json(const Json& document) = 0;
};

// What a command's callback sets: the work to do once all flags are known.
struct Invocation {
  std::function<void(Session&)> run;
  // Settings given by this command's own flags, e.g. {"train.base.steps", "200"}.
  std::vector<std::pair<std::string, std::string>> flags;
};

// Each add_*_command declares one command (options, --help with examples) on the app; parsing it
// sets invocation.run. One file per command; commands.cc lists them.
using AddCommand = void (*)(CLI::App& app, Invocation& invocation);

// Every command, in the order `twin --help` shows them.
const std::vector<AddCommand>& commands();

// The known settings with their defaults, in the order `twin config` shows them.
std::vector<SettingInfo> known_settings();

// Reads the command line, runs the command, maps errors to exit codes: the program.
int run_program(int argc, const char* const* argv);

}  // namespace twin
