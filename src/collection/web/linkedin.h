#pragma once

#include <memory>

#include "collection/web/source.h"

namespace twin {

// LinkedIn's pages refuse crawlers: every link is answered with what to do instead.
std::unique_ptr<WebSource> make_linkedin();

}  // namespace twin
