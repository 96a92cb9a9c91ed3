#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collection/git/git_handle.h"
#include "domain/author.h"

namespace twin {

// A name and an e-mail address as a commit gives them.
struct GitPerson {
  std::string name, email;
};

// Tells the author from everybody else in one history. The repository's own .mailmap, where it has
// one, joins names and addresses first. Addresses and names are compared without regard to case.
class GitPeople {
 public:
  // `mailmap`: the bytes of that file. `emails`: the author's, as the user says; where there are
  // none, every address that `history` uses with the author's name or an alias.
  GitPeople(const Author& author, const std::vector<std::string>& emails, std::string_view mailmap,
            const std::vector<GitPerson>& history);

  // Whether any commit or none could be the author's: false means nothing will be found.
  bool knows_author() const { return !emails_.empty(); }
  bool is_author(const GitPerson& person) const;
  // The author's full name for the author, else the person's as .mailmap has it, valid UTF-8.
  std::string name_of(const GitPerson& person) const;

  // "Ada <a@b> (12)", the most frequent first, at most five: to choose --email from.
  std::string describe(const std::vector<GitPerson>& history) const;

 private:
  GitPerson resolved(const GitPerson& person) const;

  std::string author_name_;
  GitMailmap mailmap_;
  std::set<std::string> emails_;
};

}  // namespace twin
