#pragma once

#include <string>
#include <vector>

namespace twin {

// A person whose writing is collected. Collection "users" of the warehouse.
struct Author {
  std::string id;  // a UUID, made from the name where the source gives none
  std::string first_name;
  std::string last_name;
  // Other names they write under (setting author_aliases): known to this run, not to the store.
  std::vector<std::string> aliases = {};

  std::string full_name() const {
    return last_name.empty() ? first_name : first_name + ' ' + last_name;
  }
  bool operator==(const Author&) const = default;
};

// "Ada King Lovelace" -> first name "Ada King", last name "Lovelace"; the id is made from the name.
Author author_from_full_name(const std::string& full_name);

}  // namespace twin
