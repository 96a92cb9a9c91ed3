#include "domain/chunk.h"

namespace twin {

std::string text_in_place(const Chunk& chunk) {
  std::string place = chunk.title;
  for (const std::string& heading : chunk.heading_path) {
    if (heading == chunk.title) continue;
    if (!place.empty()) place += " > ";
    place += heading;
  }
  return place.empty() ? chunk.text : place + "\n" + chunk.text;
}

}  // namespace twin
