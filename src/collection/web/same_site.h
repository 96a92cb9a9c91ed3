#pragma once

#include "collection/web/url.h"

namespace twin {

// Whether both are pages of one host, with or without "www.", and one port.
bool same_site(const Url& a, const Url& b);

}  // namespace twin
