#pragma once

#include <memory>

#include "collection/web/source.h"

namespace twin {

// Any page of any site: its article.
std::unique_ptr<WebSource> make_web_page_source();

}  // namespace twin
