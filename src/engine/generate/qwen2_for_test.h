#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "engine/generate/vocabulary.h"

namespace twin {

// For tests and benchmarks: the 151,643 tokens of Qwen2, from the shared data; null where it is
// absent.
inline std::shared_ptr<const Vocabulary> qwen2_vocabulary() {
  const std::filesystem::path file = TWIN_SOURCE_DIR "/../shared/data/tokenizers/qwen2/vocab.json";
  if (!std::filesystem::exists(file)) return nullptr;
  const Json json = parse_json(read_file(file), "vocab.json");
  // Byte-level BPE's letters for bytes: printable Latin-1 stands for itself, the rest follows
  // U+0100.
  std::map<uint32_t, char> byte_of;
  uint32_t next = 256;
  for (uint32_t b = 0; b < 256; ++b) {
    const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    byte_of[printable ? b : next++] = static_cast<char>(b);
  }
  std::vector<std::string> tokens(json.size());
  for (const auto& [text, id] : json.items()) {
    std::string bytes;
    for (size_t i = 0; i < text.size();) {
      const auto first = static_cast<unsigned char>(text[i]);
      const bool two = first >= 0xC0;
      const uint32_t c =
          two ? (first & 0x1Fu) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3F) : first;
      bytes += byte_of[c];
      i += two ? 2 : 1;
    }
    tokens[id.get<size_t>()] = bytes;
  }
  return std::make_shared<const Vocabulary>(tokens);
}

}  // namespace twin
