#include "collection/git/git_people.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/unicode.h"

namespace twin {

GitPeople::GitPeople(const Author& author, const std::vector<std::string>& emails,
                     std::string_view mailmap, const std::vector<GitPerson>& history)
    : author_name_(author.full_name()) {
  git_mailmap* parsed = nullptr;
  // A .mailmap that cannot be read joins nobody.
  if (git_mailmap_from_buffer(&parsed, mailmap.data(), mailmap.size()) == 0) {
    mailmap_.reset(parsed);
  }
  for (const std::string& email : emails) emails_.insert(lower(email));
  if (!emails_.empty()) return;
  std::set<std::string> wanted{fold(author_name_)};
  for (const std::string& alias : author.aliases) wanted.insert(fold(alias));
  for (const GitPerson& person : history) {
    if (person.email.empty()) continue;
    if (wanted.contains(fold(person.name))) emails_.insert(lower(person.email));
    const GitPerson mapped = resolved(person);
    if (wanted.contains(fold(mapped.name))) emails_.insert(lower(mapped.email));
  }
}

GitPerson GitPeople::resolved(const GitPerson& person) const {
  const char *name = nullptr, *email = nullptr;
  if (!mailmap_ || git_mailmap_resolve(&name, &email, mailmap_.get(), person.name.c_str(),
                                       person.email.c_str()) != 0) {
    return person;
  }
  return {name, email};
}

bool GitPeople::is_author(const GitPerson& person) const {
  return emails_.contains(lower(person.email)) || emails_.contains(lower(resolved(person).email));
}

std::string GitPeople::name_of(const GitPerson& person) const {
  if (is_author(person)) return author_name_;
  const GitPerson mapped = resolved(person);
  return replace_invalid_utf8(mapped.name.empty() ? mapped.email : mapped.name);
}

std::string GitPeople::describe(const std::vector<GitPerson>& history) const {
  std::map<std::string, size_t> counts;
  for (const GitPerson& person : history) {
    const GitPerson mapped = resolved(person);
    ++counts[replace_invalid_utf8(fmt::format("{} <{}>", mapped.name, mapped.email))];
  }
  std::vector<std::pair<std::string, size_t>> most(counts.begin(), counts.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr size_t kShown = 5;
  std::string text;
  for (size_t i = 0; i < std::min(most.size(), kShown); ++i) {
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", most[i].first, most[i].second);
  }
  return most.size() > kShown ? text + ", ..." : text;
}

}  // namespace twin
