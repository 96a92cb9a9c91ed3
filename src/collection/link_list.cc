#include "collection/link_list.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/http_client.h"

namespace twin {
namespace {

constexpr uint64_t kMaxBytes = 1 << 20;

[[noreturn]] void fail(const std::string& where, const YAML::Mark& mark, const std::string& what) {
  const bool known = !mark.is_null();
  throw Error(ErrorCode::kBadInput, known ? fmt::format("{}:{}: {}", where, mark.line + 1, what)
                                          : fmt::format("{}: {}", where, what));
}

}  // namespace

LinkList parse_link_list(std::string_view yaml, const std::string& where) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& error) {
    fail(where, error.mark, error.msg);
  }
  if (!root.IsMap()) fail(where, root.Mark(), "expected 'user_full_name' and 'links'");
  const YAML::Node below = root["parameters"];
  const YAML::Node parameters = below && below.IsMap() ? below : root;
  const YAML::Node name = parameters["user_full_name"], links = parameters["links"];
  if (!name) fail(where, parameters.Mark(), "'user_full_name' is missing: the author's full name");
  if (!name.IsScalar() || name.Scalar().empty()) {
    fail(where, name.Mark(), "'user_full_name' is no name");
  }
  if (!links) fail(where, parameters.Mark(), "'links' is missing: a list of links");
  if (!links.IsSequence() || links.size() == 0)
    fail(where, links.Mark(), "'links' is no list of links");
  LinkList list;
  list.user_full_name = name.Scalar();
  for (const YAML::Node& entry : links) {
    if (!entry.IsScalar()) fail(where, entry.Mark(), "expected a link");
    const std::string& link = entry.Scalar();
    if (!is_http_url(link)) {
      fail(where, entry.Mark(), fmt::format("'{}' is no http:// or https:// link", link));
    }
    if (std::find(list.links.begin(), list.links.end(), link) == list.links.end()) {
      list.links.push_back(link);
    }
  }
  return list;
}

LinkList read_link_list(const std::filesystem::path& path) {
  return parse_link_list(read_file(path, kMaxBytes), path.string());
}

}  // namespace twin
