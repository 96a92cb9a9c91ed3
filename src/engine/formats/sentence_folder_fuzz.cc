#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "engine/formats/encoder_folder.h"
#include "engine/formats/sentence_folder.h"

// The files of a folder, one behind the other with a NUL between: each is refused with an Error or
// read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string files[6];
  size_t file = 0;
  for (size_t i = 0; i < size; ++i) {
    if (data[i] == 0 && file < 5) {
      ++file;
    } else {
      files[file] += static_cast<char>(data[i]);
    }
  }
  try {
    twin::parse_sentence_settings({files[0], files[1], files[2], files[3], files[4]}, "fuzz");
  } catch (const twin::Error&) {
  }
  try {
    twin::parse_encoder_config(files[5], "fuzz");
  } catch (const twin::Error&) {
  }
  return 0;
}
