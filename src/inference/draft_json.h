#pragma once

#include "base/json.h"
#include "inference/writer.h"

namespace twin {

// A draft as POST /rag answers it and `twin write --json` prints it (docs/http.md).
OrderedJson to_json(const Draft& draft);

}  // namespace twin
