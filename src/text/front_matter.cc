#include "text/front_matter.h"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxFrontMatter = 64 << 10;
constexpr size_t kMaxValues = 1000;
constexpr size_t kMaxDepth = 8;

using Values = std::map<std::string, std::vector<std::string>>;

// Takes values of any of the three formats in, within the limits.
class Flattener {
 public:
  void put(const std::string& key, std::string value) {
    if (!key.empty() && count_ < kMaxValues) {
      ++count_;
      values_[key].push_back(std::move(value));
    }
  }
  bool full(size_t depth) const { return depth > kMaxDepth || count_ >= kMaxValues; }
  static std::string inner(const std::string& key, const std::string& name) {
    return key.empty() ? lower(name) : key + '.' + lower(name);
  }
  Values finish() { return std::move(values_); }

  void add(const std::string& key, const YAML::Node& node, size_t depth = 0) {
    if (full(depth)) return;
    if (node.IsScalar()) put(key, node.Scalar());
    if (node.IsSequence()) {
      for (const YAML::Node& entry : node) {
        const bool named = entry.IsMap() && entry["name"];
        add(key, named ? entry["name"] : entry, depth + 1);
      }
    }
    if (node.IsMap()) {
      for (const auto& entry : node) {
        if (entry.first.IsScalar()) {
          add(inner(key, entry.first.Scalar()), entry.second, depth + 1);
        }
      }
    }
  }

  void add(const std::string& key, const Json& node, size_t depth = 0) {
    if (full(depth) || node.is_null()) return;
    if (node.is_array()) {
      for (const Json& entry : node) {
        const bool named = entry.is_object() && entry.contains("name");
        add(key, named ? entry.at("name") : entry, depth + 1);
      }
    } else if (node.is_object()) {
      for (const auto& [name, value] : node.items()) add(inner(key, name), value, depth + 1);
    } else {
      put(key, node.is_string() ? node.get<std::string>() : dump_json(node));
    }
  }

  void add(const std::string& key, const toml::node& node, size_t depth = 0) {
    if (full(depth)) return;
    if (const toml::table* table = node.as_table()) {
      for (const auto& [name, value] : *table) {
        add(inner(key, std::string(name.str())), value, depth + 1);
      }
    } else if (const toml::array* array = node.as_array()) {
      for (const toml::node& entry : *array) {
        const toml::table* map = entry.as_table();
        const toml::node* name = map == nullptr ? nullptr : map->get("name");
        add(key, name == nullptr ? entry : *name, depth + 1);
      }
    } else if (const auto text = node.value<std::string>(); node.is_string()) {
      put(key, *text);
    } else {
      std::ostringstream out;
      node.visit([&](const auto& value) {
        using Type = std::decay_t<decltype(value)>;
        if constexpr (!toml::is_container<Type>) out << value;
      });
      put(key, out.str());
    }
  }

 private:
  Values values_;
  size_t count_ = 0;
};

enum class Format { kYaml, kToml, kJson };

Values read(std::string_view text, Format format, const std::string& where) {
  Flattener values;
  switch (format) {
    case Format::kYaml:
      if (const YAML::Node root = YAML::Load(std::string(text)); root.IsMap()) values.add("", root);
      break;
    case Format::kToml:
      values.add("", toml::parse(text));
      break;
    case Format::kJson:
      values.add("", parse_json(text, where, {size_t{16} << 20, 32}));
      break;
  }
  return values.finish();
}

// Where the line that begins at `at` ends if it holds `mark` and white space alone; else 0.
size_t line_of_mark(std::string_view text, size_t at, std::string_view mark) {
  if (text.substr(at, mark.size()) != mark) return 0;
  size_t end = at + mark.size();
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r')) ++end;
  if (end == text.size()) return end;
  return text[end] == '\n' ? end + 1 : 0;
}

struct Block {
  ByteRange whole, inside;
  Format format = Format::kYaml;
};

Block find_block(std::string_view text) {
  struct Marks {
    std::string_view open, close;
    Format format;
  };
  constexpr Marks kMarks[] = {
      {"---", "---", Format::kYaml}, {"+++", "+++", Format::kToml}, {"{", "}", Format::kJson}};
  const size_t start = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (const Marks& marks : kMarks) {
    const size_t first = line_of_mark(text, start, marks.open);
    if (first == 0) continue;
    for (size_t at = first; at < std::min(text.size(), kMaxFrontMatter);) {
      if (const size_t end = line_of_mark(text, at, marks.close)) {
        const bool json = marks.format == Format::kJson;
        const ByteRange inside = json ? ByteRange{start, end} : ByteRange{first, at};
        // Braces alone may begin a text.
        if (json && !Json::accept(slice(text, inside))) return {};
        return {{0, end}, inside, marks.format};
      }
      const size_t line_break = text.find('\n', at);
      if (line_break == std::string_view::npos) break;
      at = line_break + 1;
    }
    return {};
  }
  return {};
}

}  // namespace

std::string FrontMatter::one(const std::string& key) const {
  const auto found = values.find(key);
  return found != values.end() && found->second.size() == 1 ? found->second[0] : std::string();
}

ByteRange front_matter_range(std::string_view text) { return find_block(text).whole; }

FrontMatter front_matter(std::string_view text) {
  FrontMatter result;
  const Block block = find_block(text);
  result.range = block.whole;
  if (block.whole.size() == 0) return result;
  try {
    result.values = read(slice(text, block.inside), block.format, "front matter");
  } catch (const std::exception& error) {
    result.error = error.what();
    return result;
  }
  const auto list = [&](std::initializer_list<const char*> keys) -> std::vector<std::string> {
    for (const char* key : keys) {
      if (const auto found = result.values.find(key); found != result.values.end()) {
        return found->second;
      }
    }
    return {};
  };
  result.title = result.one("title");
  result.date = result.one("date");
  if (result.date.empty()) result.date = result.one("publishdate");
  result.tags = list({"tags", "taxonomies.tags", "categories"});
  result.authors = list({"authors", "author", "author.name"});
  return result;
}

std::map<std::string, std::vector<std::string>> read_values(std::string_view text,
                                                            std::string_view file_name) {
  const Format format = file_name.ends_with(".toml")   ? Format::kToml
                        : file_name.ends_with(".json") ? Format::kJson
                                                       : Format::kYaml;
  const std::string where(file_name);
  try {
    return read(text, format, where);
  } catch (const Error&) {
    throw;
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}:{}: {}", where, error.source().begin.line, error.description()));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, error.what()));
  }
}

}  // namespace twin
