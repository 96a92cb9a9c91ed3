#pragma once

#include <string>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// What the writer of a passage had before them: the input side of a training sample and of a
// request for a draft. Any field may be empty.
struct WritingPrompt {
  std::string title;
  std::vector<std::string> heading_path;
  std::string preceding;  // the paragraph before, or passages to lean on

  bool operator==(const WritingPrompt&) const = default;
};

enum class Split { kTrain, kTest };

// One training sample: learn to write the author's own `target` from `prompt`.
struct Sample {
  WritingPrompt prompt;
  std::string document_id;
  int version = 0;
  ByteRange range;     // of the document's verbatim text
  std::string target;  // exactly those bytes
  std::string
      target_sha256;  // of `target`: checked when the dataset is built and when it is loaded
  Split split = Split::kTrain;
};

}  // namespace twin
