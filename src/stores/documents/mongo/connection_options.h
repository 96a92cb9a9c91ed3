#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/backoff.h"

namespace twin::mongo {

struct ConnectionOptions {
  std::string uri;  // "mongodb://host/database?tls=true&...", "mongodb+srv://..."
  std::string
      password;  // for the user that the URI names, of the environment; empty: the URI's own
  // How a call that the server did not answer is repeated: about four minutes.
  BackoffOptions backoff = {
      .first = std::chrono::milliseconds(100), .longest = std::chrono::seconds(4), .attempts = 40};
};

// A URI without its password: "mongodb://user:***@host/...".
std::string without_password(std::string_view uri);
// Whether it has one, and whether it names a user at all.
bool has_password(std::string_view uri);
bool has_user(std::string_view uri);

}  // namespace twin::mongo
