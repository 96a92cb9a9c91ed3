#include "domain/author.h"

#include "base/hashing.h"

namespace twin {

Author author_from_full_name(const std::string& full_name) {
  const size_t space = full_name.rfind(' ');
  Author author;
  author.id = uuid_from_name("author:" + full_name);
  author.first_name = full_name.substr(0, space);
  if (space != std::string::npos) author.last_name = full_name.substr(space + 1);
  return author;
}

}  // namespace twin
