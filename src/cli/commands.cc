#include "cli/command.h"

namespace twin {

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> all = {};
  return all;
}

}  // namespace twin
