#pragma once

#include "base/json.h"
#include "stores/documents/mongo/bson.h"

namespace twin::mongo {

// What a server does with the names of fields.
enum class FieldNames {
  kAny,      // MongoDB 5: whatever is no zero byte
  kNoMarks,  // FerretDB: no '.' in them, no '$' before them
};

// A JSON object as BSON, members in their order. Names that cannot be get the full-width character
// (U+FF0E, U+FF04) in the place of the one that is refused, U+FFFD in the place of a zero byte.
// Requires an object.
Bson bson_from_json(const OrderedJson& object, FieldNames names);

// The JSON of a document that another program wrote, members in their order: ids and UUIDs as their
// hexadecimal text, times as ISO 8601, bytes and whatever JSON has no word for as null.
// Errors: kBadInput for broken BSON and for more than 100 levels.
OrderedJson json_from_bson(BsonView document);

}  // namespace twin::mongo
