#pragma once

#include "base/context.h"
#include "stores/documents/document_store.h"

namespace twin {

struct DocumentCopy {
  size_t documents = 0;  // of the source
  size_t copied = 0;     // of them, that were not there in this state
  size_t versions = 0;   // stored now
};

// Brings authors, documents with all their versions, features and items from one store to another.
// What is there already stays and is not stored again, so that a copy that was cut short goes on
// where it was; a document that the target has in another state gets the source's versions on top.
// Each that was stored is read back and compared with the source in all its fields; at the end each
// document's hash and features are. Errors: kFailed
// naming a document that is not; kInterrupted.
DocumentCopy copy_documents(const Context& context, const DocumentStore& from, DocumentStore& to);

}  // namespace twin
