#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"

namespace twin {

// Changes whenever other private data is found in the same text: part of every features key.
inline constexpr int kPrivateDataVersion = 1;

// Private data that may be trained on and shown.
struct PrivacyAllowance {
  std::set<PrivateKind> kinds;
  std::vector<std::string> values;  // folded; of telephones the digits
};

// Names of kinds ("email", "telephone", "address", "secret", "name") and values (the author's own
// public address), with commas between; a value with a comma in it stands in quotes.
PrivacyAllowance privacy_allowance(std::string_view list);

struct PrivateDataOptions {
  // A mail or message: names in it are others' unless they are `own_name`'s.
  bool letter = false;
  std::string own_name = {};
  PrivacyAllowance allowance = {};
};

// E-mail addresses, telephone numbers, street addresses, keys and passwords in a text and, in
// letters, names of persons: in order and apart. Where kinds overlap the first in the order secret,
// e-mail, telephone, address, name is it. What is allowed is found too, but not masked. Any bytes
// are accepted; linear time but for a bounded factor. Thread-safe. How well it finds:
// docs/features.md.
std::vector<PrivateSpan> find_private_data(std::string_view text,
                                           const PrivateDataOptions& options = {});

}  // namespace twin
