#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "inference/qdrant_api.h"

namespace {

using namespace twin;

// A store with one small collection, made once.
struct Fixture {
  Fixture() {
    root = neighbour_of(std::filesystem::temp_directory_path() / "twin_qdrant_fuzz");
    std::filesystem::create_directories(root);
    store = open_vector_collections(context, root / "vectors.db");
    store->create({.name = "c", .dimensions = 2, .fields = {{"city", "keyword"}}});
    CollectionChange change{"c", {}, {}};
    for (uint64_t i = 1; i <= 3; ++i) {
      change.upsert.push_back({vectors::PointId::from_number(i),
                               R"({"city": "Berlin", "n": [1, 2], "a": {"b": null}})",
                               {1.0f, static_cast<float>(i)}});
    }
    store->change(std::span(&change, 1));
  }
  ~Fixture() {
    store.reset();
    std::filesystem::remove_all(root);
  }
  QuietContext context;
  std::filesystem::path root;
  std::unique_ptr<VectorCollections> store;
};

}  // namespace

// "METHOD PATH", a line's end, the body. Whatever comes, the answer is JSON and no server error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t space = text.find(' ');
  const size_t line = text.find('\n');
  if (space == std::string::npos || line == std::string::npos || space > line) return 0;
  const QdrantRequest request{text.substr(0, space), text.substr(space + 1, line - space - 1),
                              text.substr(line + 1)};
  if (!QdrantApi::owns(request.path)) return 0;
  QdrantApi api(fixture.context, *fixture.store);
  const QdrantAnswer answer = api.handle(request);
  TWIN_CHECK(answer.status == 200 || answer.status / 100 == 4, answer.body);
  const Json json = parse_json(answer.body, "answer");
  TWIN_CHECK(json.contains("time") && json.contains("status"));
  return 0;
}
