#pragma once

#include "cli/command.h"
#include "collection/web/web_options.h"

namespace twin {

// The settings below collect.web. Errors: kUsage naming the setting, what it is and what is
// expected.
WebOptions web_options(Session& session);

}  // namespace twin
