#pragma once

#include <string>
#include <string_view>

namespace twin {

// A subject without what clients and lists put before it: "Re: AW: [list] Fwd: Lunch" -> "Lunch".
// The marks of the most used languages; a subject that is nothing else stays.
std::string topic_of(std::string_view subject);

}  // namespace twin
