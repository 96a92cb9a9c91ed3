#pragma once

#include <cstdint>
#include <filesystem>

#include "collection/collector.h"

namespace twin {

// Documents of office programs, by their content.
enum class DocumentKind {
  kNone,
  kPdf,
  kDocx,
  kOdt,
  kEpub,
  kRtf,      // recognised, to say what to do
  kOldWord,  // .doc, and .docx behind a password: the same container
};

DocumentKind document_kind(const std::filesystem::path& file);

// Collects `file` if it is such a document; false where it is none, and nothing was noted. A book's
// chapters are documents of their own, FILE#PART; the book itself is an item that says how many
// there are. What cannot be read is a failed item with what to do about it.
bool collect_document(Collector& collector, const std::filesystem::path& file,
                      uint64_t max_file_bytes);

}  // namespace twin
