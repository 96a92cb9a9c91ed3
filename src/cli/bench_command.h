#pragma once

#include "cli/command.h"

namespace twin {

// The commands under `twin bench`: one file each, bench_<name>_command.cc. Each declares its
// command on `bench`, as AddCommand does on the program.
void add_bench_machine(CLI::App& bench, Invocation& invocation);
void add_bench_generate(CLI::App& bench, Invocation& invocation);
void add_bench_train(CLI::App& bench, Invocation& invocation);
void add_bench_embed(CLI::App& bench, Invocation& invocation);

}  // namespace twin
