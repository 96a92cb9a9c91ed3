#pragma once

#include <memory>

#include "stores/vectors/collections_end.h"
#include "stores/vectors/vector_store.h"

namespace twin {

// The vector store over whatever keeps collections: a collection for each category, the chunks'
// points in it as point_payload.h has them. Errors: kUsage where the collections hold another
// embedder's vectors, or points that twin did not write.
std::unique_ptr<VectorStore> make_category_vector_store(std::unique_ptr<CollectionsEnd> collections,
                                                        const VectorStoreOptions& options);

}  // namespace twin
