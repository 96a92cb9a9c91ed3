#pragma once

#include <filesystem>
#include <string>

#include "domain/document.h"

namespace twin {

// Kinds of text that are collected, by the suffix of a file's name.
enum class FileKind { kMarkdown, kHtml, kText, kOther };

FileKind file_kind(const std::filesystem::path& path);

// Reads the bytes of one file, wherever they came from (a folder, an archive), by the kind that its
// path tells: raw, media type, verbatim text (with the extractor), title, date, language and tags;
// the path is the link, the platform "files". Errors: Refusal where it is empty, binary, not UTF-8,
// a page without text or of another kind; Error(kBadInput) for HTML beyond a limit.
RawDocument read_file_text(const std::filesystem::path& path, std::string bytes);

}  // namespace twin
