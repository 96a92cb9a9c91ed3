#include "collection/mail/author_addresses.h"

#include <algorithm>

#include "text/unicode.h"

namespace twin {
namespace {

std::vector<std::string> name_words(std::string_view name) {
  std::vector<std::string> found;
  for (const ByteRange range : words(name)) found.push_back(fold(slice(name, range)));
  // Initials of middle names are left out by one client and not by the other.
  if (found.size() > 2)
    std::erase_if(found, [](const std::string& word) { return word.size() == 1; });
  std::sort(found.begin(), found.end());
  return found;
}

bool is_automatic(std::string_view address) {
  const std::string_view local = address.substr(0, address.find('@'));
  return local.find("noreply") != local.npos || local.find("no-reply") != local.npos ||
         local.find("donotreply") != local.npos || local.find("notification") != local.npos;
}

}  // namespace

bool names_author(std::string_view display_name, std::string_view author) {
  const std::vector<std::string> name = name_words(display_name), wanted = name_words(author);
  return !wanted.empty() && name == wanted;
}

void AddressSurvey::add(const MailAddress& sender) {
  if (sender.address.empty() || is_automatic(sender.address)) return;
  Count& count = counts_[sender.address];
  const auto is_sender = [&](const std::string& name) { return names_author(sender.name, name); };
  if (sender.name.empty() || lower(sender.name) == sender.address) {
    ++count.unnamed;
  } else if (std::any_of(names_.begin(), names_.end(), is_sender)) {
    ++count.author;
  } else {
    ++count.other;
  }
}

std::vector<AddressSurvey::Found> AddressSurvey::addresses() const {
  std::vector<Found> found;
  for (const auto& [address, count] : counts_) {
    if (count.author > count.other) {
      found.push_back({address, count.author + count.other + count.unnamed});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.mails > b.mails; });
  return found;
}

}  // namespace twin
