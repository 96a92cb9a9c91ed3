#pragma once

#include "stores/documents/document_store.h"
#include "style/copy_meter.h"
#include "training/datasets/corpus.h"

namespace twin {

// Holds a text against the prose of every training document of every author.
CopyMeter training_copy_meter(const DocumentStore& store, const Corpus& corpus);

}  // namespace twin
