#pragma once

#include <string>

#include "base/json.h"

namespace twin {

// An evaluation (evaluate.h) as one HTML page: tables, plots as inline SVG, what was written. Needs
// no network and no script; everything from outside is escaped. The same evaluation gives the same
// bytes.
std::string report_page(const OrderedJson& evaluation);

}  // namespace twin
