#pragma once

#include <string_view>

namespace twin {

// A file of web/ or of its npm packages, built into the program ("docs.html", "openapi.json",
// "swagger-ui.css", "swagger-ui-bundle.js"); empty for any other name. Lives as long as the
// program.
std::string_view web_asset(std::string_view name);

}  // namespace twin
