#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"

namespace twin {
namespace {

constexpr const char* kHead =
    R"sh(# bash completion for twin; load it with:  source <(twin completion bash)
_twin_words() {
  local words=''
  case "$1" in
)sh";

constexpr const char* kTail = R"sh(    *) return 1 ;;
  esac
  printf '%s' "$words"
}
_twin() {
  local path='' word next
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="${path:+$path }$word"
    if _twin_words "$next" >/dev/null; then path="$next"; fi
  done
  local current="${COMP_WORDS[COMP_CWORD]}"
  local flags="$(_twin_words '' | tr ' ' '\n' | grep '^--')"
  COMPREPLY=($(compgen -W "$(_twin_words "$path") $flags" -- "$current"))
  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _twin twin
)sh";

// The words that may follow `app`'s name: its commands and its long options.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    words += command->get_name() + ' ';
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + ' ';
  }
  return words;
}

// One case arm per command path ("train base"), deepest paths included.
void add_arms(const CLI::App& app, const std::string& path, std::string& arms) {
  arms += fmt::format("    '{}') words='{}' ;;\n", path, words_of(app));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    add_arms(*command, path.empty() ? command->get_name() : path + ' ' + command->get_name(), arms);
  }
}

std::string bash_completion(const CLI::App& app) {
  std::string arms;
  add_arms(app, "", arms);
  return kHead + arms + kTail;
}

}  // namespace

void add_completion_command(CLI::App& app, Invocation& invocation) {
  auto shell = std::make_shared<std::string>("bash");
  CLI::App* command = app.add_subcommand("completion", "Print the completion script of a shell");
  command->add_option("SHELL", *shell, "bash")->check(CLI::IsMember({"bash"}));
  command->footer("Example:\n  source <(twin completion bash)");
  command->callback([&app, &invocation, shell] {
    invocation.run = [&app](Session& session) {
      const std::string script = bash_completion(app);
      session.print(script);
      session.print_json({{"shell", "bash"}, {"script", script}});
    };
  });
}

}  // namespace twin
