#include "base/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

#include "base/error.h"

namespace twin {
namespace {

std::string environment_name(std::string_view key) {
  std::string name = "TWIN_";
  for (char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// Levenshtein distance, for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

void flatten(const YAML::Node& node, const std::string& prefix, const std::string& where,
             std::vector<std::pair<std::string, std::string>>& out) {
  if (node.IsMap()) {
    for (const auto& member : node) {
      const std::string name = member.first.as<std::string>();
      flatten(member.second, prefix.empty() ? name : prefix + '.' + name, where, out);
    }
  } else if (node.IsScalar()) {
    out.emplace_back(prefix, node.as<std::string>());
  } else if (!node.IsNull()) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: '{}' must be one value", where, prefix));
  }
}

[[noreturn]] void throw_wrong_type(const Settings::Entry& entry, std::string_view expected) {
  throw Error(ErrorCode::kUsage, fmt::format("setting {} (from {}) is '{}'; expected {}",
                                             entry.info.key, entry.origin, entry.value, expected));
}

}  // namespace

Settings::Settings(std::vector<SettingInfo> known) {
  for (SettingInfo& info : known) {
    index_.emplace(info.key, entries_.size());
    std::string value = info.default_value;
    entries_.push_back({std::move(info), std::move(value), "default"});
  }
}

void Settings::load_yaml(std::string_view text, const std::string& where) {
  std::vector<std::pair<std::string, std::string>> values;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsDefined() && !root.IsNull() && !root.IsMap()) {
      throw Error(ErrorCode::kUsage, fmt::format("{}: expected 'name: value' lines", where));
    }
    flatten(root, "", where, values);
  } catch (const YAML::Exception& error) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: not valid YAML: {}", where, error.what()));
  }
  for (const auto& [key, value] : values) set(key, value, where);
}

void Settings::load_environment(const std::function<const char*(const char*)>& lookup) {
  for (Entry& entry : entries_) {
    const std::string name = environment_name(entry.info.key);
    if (const char* value = lookup(name.c_str())) {
      entry.value = value;
      entry.origin = name;
    }
  }
}

void Settings::set_flag(const std::string& key, const std::string& value) {
  set(key, value, "flag");
}

void Settings::set(const std::string& key, const std::string& value, const std::string& origin) {
  const auto found = index_.find(key);
  if (found == index_.end()) {
    const auto nearest =
        std::min_element(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
          return edit_distance(a.info.key, key) < edit_distance(b.info.key, key);
        });
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: unknown setting '{}'{}; `twin config` lists them all", origin, key,
                            nearest == entries_.end()
                                ? ""
                                : fmt::format(" (did you mean '{}'?)", nearest->info.key)));
  }
  entries_[found->second].value = value;
  entries_[found->second].origin = origin;
}

const Settings::Entry& Settings::entry(std::string_view key) const {
  const auto found = index_.find(key);
  TWIN_CHECK(found != index_.end(), "undeclared setting " + std::string(key));
  return entries_[found->second];
}

const std::string& Settings::text(std::string_view key) const { return entry(key).value; }

long long Settings::integer(std::string_view key) const {
  const Entry& found = entry(key);
  long long value = 0;
  const char* end = found.value.data() + found.value.size();
  const auto [stop, error] = std::from_chars(found.value.data(), end, value);
  if (error != std::errc() || stop != end) throw_wrong_type(found, "a whole number");
  return value;
}

double Settings::number(std::string_view key) const {
  const Entry& found = entry(key);
  double value = 0;
  const char* end = found.value.data() + found.value.size();
  const auto [stop, error] = std::from_chars(found.value.data(), end, value);
  if (error != std::errc() || stop != end) throw_wrong_type(found, "a number");
  return value;
}

bool Settings::boolean(std::string_view key) const {
  const Entry& found = entry(key);
  if (found.value == "true" || found.value == "yes" || found.value == "1") return true;
  if (found.value == "false" || found.value == "no" || found.value == "0") return false;
  throw_wrong_type(found, "true or false");
}

}  // namespace twin
