#include "stores/documents/mongo/bson_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "stores/documents/warehouse_document.h"

namespace twin::mongo {
namespace {

TEST(BsonJson, ObjectsComeBackInTheirOrder) {
  const OrderedJson json = parse_ordered_json(
      R"({"z": "a", "a": [1, 2.5, null, {"deep": [true]}], "": "empty", "n": 12345678901})",
      "test");
  EXPECT_EQ(json_from_bson(bson_from_json(json, FieldNames::kAny).view()), json);
}

TEST(BsonJson, NamesThatAServerRefusesAreWrittenOtherwise) {
  const OrderedJson json = parse_ordered_json(R"({"src/a.py": 1, "$x": 2, "a$": 3})", "test");
  const OrderedJson kept = json_from_bson(bson_from_json(json, FieldNames::kNoMarks).view());
  EXPECT_EQ(python_json(kept), R"({"src/a\uff0epy": 1, "\uff04x": 2, "a$": 3})");
  EXPECT_EQ(json_from_bson(bson_from_json(json, FieldNames::kAny).view()), json);
}

TEST(BsonJson, WhatJsonHasNoWordForIsNull) {
  bson_t* bson = bson_new();
  bson_oid_t id;
  bson_oid_init_from_string(&id, "65f000000000000000000001");
  const uint8_t uuid[16] = {0xef, 0xf7, 0x40, 0x89, 0x02, 0x71, 0x43, 0x19,
                            0x85, 0x43, 0x74, 0x5c, 0x08, 0x7f, 0x4f, 0x61};
  BSON_APPEND_OID(bson, "oid", &id);
  BSON_APPEND_BINARY(bson, "uuid", BSON_SUBTYPE_UUID, uuid, 16);
  BSON_APPEND_DATE_TIME(bson, "time", 1722247200000);
  BSON_APPEND_BINARY(bson, "bytes", BSON_SUBTYPE_BINARY, uuid, 3);
  BSON_APPEND_REGEX(bson, "regex", "a", "i");
  BSON_APPEND_DOUBLE(bson, "infinite", HUGE_VAL);
  const OrderedJson json = json_from_bson(bson);
  bson_destroy(bson);
  EXPECT_EQ(json["oid"], "65f000000000000000000001");
  EXPECT_EQ(json["uuid"], "eff74089-0271-4319-8543-745c087f4f61");
  EXPECT_EQ(json["time"], "2024-07-29T10:00:00Z");
  for (const char* name : {"bytes", "regex", "infinite"}) EXPECT_TRUE(json[name].is_null()) << name;
}

TEST(BsonJson, BrokenAndEndlesslyNestedIsRefused) {
  EXPECT_THROW(json_from_bson(BsonView(reinterpret_cast<const uint8_t*>("xx"), 2)), Error);
  Bson bson;
  for (int i = 0; i < 200; ++i) {
    Bson outer;
    outer.document("a", bson);
    bson = std::move(outer);
  }
  EXPECT_THROW(json_from_bson(bson.view()), Error);
}

}  // namespace
}  // namespace twin::mongo
