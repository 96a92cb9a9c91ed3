#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace twin {

// The members of one JSON object, refused where they are not of the type they ought to be. An
// absent or null member is the fallback. Holds a reference to the object.
class JsonFields {
 public:
  // Errors, here and below: kBadInput naming `where` and the member.
  JsonFields(const Json& object, std::string where);

  bool flag(const char* name, bool fallback) const;
  std::string text(const char* name, std::string_view fallback) const;
  double number(const char* name, double fallback) const;
  const Json& list(const char* name) const;
  // A {"String": "..."} or a {"Regex": "..."}, and whether it is the latter.
  std::pair<std::string, bool> pattern(const char* name) const;
  // Null where it is absent.
  const Json& member(const char* name) const;

  [[noreturn]] void refuse(const std::string& what) const;
  const std::string& where() const { return where_; }

 private:
  const Json& object_;
  std::string where_;
};

}  // namespace twin
