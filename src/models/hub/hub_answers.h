#pragma once

#include <chrono>

#include "base/http_client.h"
#include "models/hub/hub_name.h"
#include "models/hub/hub_settings.h"

namespace twin {

// Whether the same request may succeed later: 408, 429 and the 5xx that say so.
bool may_pass(int status);

// What Retry-After asks for, in seconds; 0 where it does not.
std::chrono::milliseconds retry_after(const HttpResponse& response);

// Throws Error(kRemote) for a status that is no success, saying what to do: a gated repository, a
// name that is not there, a token that is refused. The hub tells them apart in X-Error-Code; it
// answers 401 for a name that is not there as well, so as not to tell which are private.
[[noreturn]] void throw_refusal(const HttpResponse& response, const HubName& name,
                                const HubSettings& settings);

}  // namespace twin
