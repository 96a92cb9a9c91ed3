#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>

#include "collection/web/robots.h"
#include "collection/web/source.h"

namespace twin {

// One server and the links that wait for it. Whoever has set `busy` owns the rest but `waiting`.
struct Host {
  std::string name;  // with the port, where it is not the scheme's own
  std::deque<FoundLink> waiting;
  bool busy = false;
  std::chrono::steady_clock::time_point next{};  // no request before
  std::chrono::milliseconds delay{};
  std::map<std::string, Robots> robots;  // by origin, as far as they were read
};

}  // namespace twin
