#include <cstdint>

#include "base/error.h"
#include "stores/documents/mongo/stored_document.h"
#include "stores/documents/mongo/stored_features.h"

namespace {

using namespace twin;

// Any bytes that a server sends are a document or refused; what is read is written and read again.
void check(Category category, mongo::BsonView bson) {
  const auto fetch = [](const std::string&) -> std::string {
    throw Error(ErrorCode::kBadInput, "no pieces");
  };
  try {
    const RawDocument document = mongo::read_stored(category, bson, fetch);
    mongo::StoredMarks marks;
    marks.write = "fuzz";
    const mongo::Bson stored = mongo::stored_form(document, marks, mongo::FieldNames::kNoMarks);
    TWIN_CHECK(same_state(mongo::read_stored(category, stored.view(), fetch), document));
  } catch (const Error& error) {
    TWIN_CHECK(error.code() == ErrorCode::kBadInput, error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bson_t bson;
  // The driver refuses what is not even framed as a document.
  if (!bson_init_static(&bson, data, size)) return 0;
  check(Category::kArticles, &bson);
  check(Category::kRepositories, &bson);
  try {
    mongo::read_features(&bson);
  } catch (const Error& error) {
    TWIN_CHECK(error.code() == ErrorCode::kBadInput, error.what());
  }
  mongo::read_summary(Category::kPosts, &bson);
  return 0;
}
