#include <cstdint>

#include "base/error.h"
#include "features/chunk.h"
#include "features/clean.h"
#include "text/html.h"

namespace {

using twin::Chunk;
using twin::CleanDocument;
using twin::RawDocument;
using twin::Span;

// Chunks are in order, exact, within the limit, and hold every kept byte but lone white space.
void check_chunks(const RawDocument& document, const CleanDocument& clean) {
  const twin::ChunkOptions options{.target_tokens = 12, .max_tokens = 24};
  std::vector<bool> covered(document.verbatim.size(), false);
  size_t end = 0;
  for (const Chunk& chunk : twin::chunk(document, clean, options)) {
    TWIN_CHECK(chunk.range.begin >= end && chunk.range.end > chunk.range.begin);
    end = chunk.range.end;
    TWIN_CHECK(end <= document.verbatim.size());
    TWIN_CHECK(chunk.text == slice(document.verbatim, chunk.range));
    TWIN_CHECK(chunk.tokens <= options.max_tokens && twin::estimate_tokens(chunk.text) > 0);
    for (size_t i = chunk.range.begin; i < end; ++i) covered[i] = true;
  }
  for (const Span& span : clean.spans) {
    const bool visible = twin::estimate_tokens(slice(document.verbatim, span.range)) > 0;
    for (size_t i = span.range.begin; i < span.range.end; ++i) {
      if (span.kept() && visible) TWIN_CHECK(covered[i]);
      if (!span.kept() && covered[i]) TWIN_CHECK(span.reason == twin::RemovalReason::kHtml);
    }
  }
}

void check(std::string verbatim, const char* media_type) {
  RawDocument document;
  document.author_full_name = "Ada Lovelace";
  document.platform = "example.org";
  document.media_type = media_type;
  document.verbatim = std::move(verbatim);
  const std::vector<std::string> hashes = twin::block_hashes(document.verbatim);
  const twin::RepeatedBlocks repeated =
      hashes.empty() ? twin::RepeatedBlocks() : twin::RepeatedBlocks{hashes.front()};
  const CleanDocument clean = twin::clean(document, repeated);
  twin::check_partition(clean, document.verbatim.size());
  check_chunks(document, clean);
}

}  // namespace

// Any bytes, as an author's Markdown, as a crawler's page and as HTML.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text, "text/markdown");
  check(text, "application/vnd.llm-twin.article+json");
  try {
    check(twin::html_to_markdown(text, "fuzz").markdown, "text/html");
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
