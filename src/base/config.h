#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// One setting of the program: what `twin config` prints.
struct SettingInfo {
  std::string key;            // "train.base.steps"
  std::string default_value;  // as it would stand in twin.yaml
  std::string description;    // one sentence, with the unit
};

// Values of the known settings, each from the strongest of: default < twin.yaml < TWIN_*
// environment < flag. `train.base.steps` is TWIN_TRAIN_BASE_STEPS in the environment. Unknown keys
// are errors (kUsage) that name the nearest known one.
class Settings {
 public:
  explicit Settings(std::vector<SettingInfo> known);

  // Nested YAML maps become dotted keys. `where` names the file in errors.
  void load_yaml(std::string_view text, const std::string& where);
  // Reads each known key's variable through `lookup` (getenv in the program).
  void load_environment(const std::function<const char*(const char*)>& lookup);
  void set_flag(const std::string& key, const std::string& value);

  const std::string& text(std::string_view key) const;
  long long integer(std::string_view key) const;
  double number(std::string_view key) const;
  bool boolean(std::string_view key) const;

  struct Entry {
    SettingInfo info;
    std::string value;
    std::string origin;  // "default", the file's path, "TWIN_...", "flag"
  };
  // In the order the settings were declared.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void set(const std::string& key, const std::string& value, const std::string& origin);
  const Entry& entry(std::string_view key) const;

  std::vector<Entry> entries_;
  std::map<std::string, size_t, std::less<>> index_;
};

}  // namespace twin
