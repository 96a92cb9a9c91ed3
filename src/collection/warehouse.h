#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "collection/report.h"
#include "stores/documents/document_store.h"

namespace twin {

// The reference system's warehouse (docs/formats/warehouse.md): ArticleDocument.json,
// PostDocument.json, RepositoryDocument.json and UserDocument.json in a folder, each a list. A file
// may be absent, not all of them. Each document's raw bytes are its element's bytes in the file. An
// element that is no document is a failed item; the rest goes on. Errors: kBadInput where a file is
// no JSON list; kInterrupted between documents.
CollectionReport import_warehouse(Context& context, DocumentStore& store,
                                  const std::filesystem::path& folder);

struct ExportReport {
  size_t users = 0, articles = 0, posts = 0, repositories = 0;
};

// Writes the store as a warehouse. What was imported is written back byte for byte; what was
// collected otherwise gets the reference shape. Import, export, import changes nothing.
ExportReport export_warehouse(DocumentStore& store, const std::filesystem::path& folder);

// The bytes of each element of the JSON list `json`, in order. Requires valid JSON.
std::vector<std::string_view> list_elements(std::string_view json);

}  // namespace twin
