#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collection/mail/message.h"

namespace twin {

// Whether a display name is the author's: "Ada Lovelace", "Lovelace, Ada", "Ada K. Lovelace".
bool names_author(std::string_view display_name, std::string_view author);

// Finds the author's addresses in mails: those whose senders bear the author's name. Services send
// from one address in many people's names ("Ada Lovelace <invitations@linkedin.com>"): an address
// counts where more of its mails bear the author's name than another's.
class AddressSurvey {
 public:
  // `names`: the author's, and their aliases.
  explicit AddressSurvey(std::vector<std::string> names) : names_(std::move(names)) {}
  void add(const MailAddress& sender);

  struct Found {
    std::string address;
    uint64_t mails;
  };
  std::vector<Found> addresses() const;  // the most used first

 private:
  struct Count {
    uint64_t author = 0, other = 0, unnamed = 0;
  };
  std::vector<std::string> names_;
  std::map<std::string, Count> counts_;
};

}  // namespace twin
