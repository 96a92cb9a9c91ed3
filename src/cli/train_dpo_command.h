#pragma once

#include "cli/command.h"

namespace CLI {
class App;
}

namespace twin {

// `twin train dpo` under `train`.
void add_train_dpo(CLI::App& train, Invocation& invocation);

}  // namespace twin
