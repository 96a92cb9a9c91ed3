#pragma once

#include <map>

#include "base/context.h"
#include "features/chunk.h"
#include "features/voice_allowance.h"
#include "stores/documents/document_store.h"
#include "text/private_data.h"

namespace twin {

struct FeaturesReport {
  size_t documents = 0;   // in the store
  size_t done = 0;        // cleaned, cut and indexed now
  size_t unchanged = 0;   // already done from the same input
  size_t duplicates = 0;  // say what another one says, which is kept
  size_t chunks = 0;      // in the store afterwards
  size_t verbatim_bytes = 0;
  std::map<SpanKind, size_t> kept_bytes;
  std::map<RemovalReason, size_t> set_aside_bytes;  // found, but no voice
  std::map<RemovalReason, size_t> removed_bytes;
  std::map<PrivateKind, size_t> private_found, private_masked;
};

// What settings say of an author's own words. The aliases are other names of `author`, by full
// name; of everybody where that is empty.
struct OwnWordsOptions {
  VoiceAllowance voice = {};
  PrivacyAllowance privacy = {};
  std::string author = {};
  std::vector<std::string> aliases = {};
};

// Brings the features of every document up to date: clean, chunk, index. A document's key is the
// hash of its text and metadata, the versions of cleaning and chunking, their options, its author's
// language, and those of its blocks that others of its author's documents have too; the same key is
// not done again, and the text of a document that has not changed is read only for that. Each
// document is committed as it is finished. Errors: kInterrupted between documents.
FeaturesReport update_features(Context& context, DocumentStore& store, const ChunkOptions& options,
                               const OwnWordsOptions& own = {});

}  // namespace twin
