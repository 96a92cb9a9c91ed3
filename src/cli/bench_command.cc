#include "cli/bench_command.h"

#include <CLI/CLI.hpp>

namespace twin {

void add_bench_command(CLI::App& app, Invocation& invocation) {
  CLI::App* bench = app.add_subcommand("bench", "Measure this machine");
  bench->require_subcommand(1);
  for (const AddCommand add : {
           add_bench_machine,
           add_bench_generate,
           add_bench_train,
           add_bench_embed,
       }) {
    add(*bench, invocation);
  }
}

}  // namespace twin
