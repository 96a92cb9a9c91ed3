#pragma once

#include "cli/command.h"

namespace twin {

// `twin evaluate retrieval`.
void add_evaluate_retrieval(CLI::App& evaluate, Invocation& invocation);

}  // namespace twin
