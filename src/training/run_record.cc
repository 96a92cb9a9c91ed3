#include "training/run_record.h"

#include <nlohmann/json.hpp>

#include "base/files.h"

namespace twin {

Json read_run_record(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "run.json";
  if (!std::filesystem::exists(file)) return nullptr;
  return parse_json(read_file(file), file.string());
}

bool is_made_from(const std::filesystem::path& folder, const std::string& key) {
  const Json record = read_run_record(folder);
  return record.is_object() && record.value("key", std::string()) == key;
}

void write_run_record(const std::filesystem::path& folder, const Json& record) {
  write_file_atomic(folder / "run.json", dump_json(record, 2) + '\n');
}

}  // namespace twin
