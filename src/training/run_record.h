#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace twin {

// run.json of a trained folder: what it was made from and how it went, free of times. Its "key" is
// the hash of all inputs, parameters and the code version.

// What stands in `folder`, or null where there is no record. Errors: kBadInput for a damaged one.
Json read_run_record(const std::filesystem::path& folder);
// Whether `folder` was made under `key`.
bool is_made_from(const std::filesystem::path& folder, const std::string& key);
void write_run_record(const std::filesystem::path& folder, const Json& record);

}  // namespace twin
