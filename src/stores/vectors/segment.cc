#include "stores/vectors/segment.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "stores/vectors/collection_index.h"

namespace twin::vectors {
namespace {

constexpr std::string_view kMagic = "twinvec1";
constexpr size_t kAlign = 64;
constexpr size_t kMaxHeaderBytes = size_t{64} << 20;
constexpr size_t kPreludeBytes = kMagic.size() + sizeof(uint64_t);

size_t aligned(size_t offset) { return (offset + kAlign - 1) / kAlign * kAlign; }

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// What the header says of itself beyond its sections; read back by Segment::read.
Json header_of(const CollectionRow& collection, ChangePosition position, size_t rows) {
  return {{"collection", collection.number},
          {"dimensions", collection.dimensions},
          {"distance", name_of(collection.distance)},
          {"fields", collection.fields},
          {"point", position.point},
          {"removal", position.removal},
          {"rows", rows}};
}

// Collects sections, then writes header and sections.
class SectionWriter {
 public:
  using Write = std::function<void(AtomicFile&)>;

  void add(const std::string& name, size_t bytes, Write write) {
    sections_.push_back({name, bytes, std::move(write)});
  }
  template <class T>
  void add_values(const std::string& name, std::span<const T> values) {
    add(name, values.size_bytes(), [values](AtomicFile& file) { file.append(bytes_of(values)); });
  }

  void write(const std::filesystem::path& path, Json header) const {
    Json list = Json::object();
    size_t offset = 0;  // from the end of the header
    for (const Section& section : sections_) {
      list[section.name] = {offset, section.bytes};
      offset = aligned(offset + section.bytes);
    }
    header["sections"] = std::move(list);
    std::string text = dump_json(header);
    text.resize(aligned(kPreludeBytes + text.size()) - kPreludeBytes, ' ');
    AtomicFile file(path);
    const uint64_t length = text.size();
    file.append(kMagic);
    file.append({reinterpret_cast<const char*>(&length), sizeof length});
    file.append(text);
    const size_t start = file.size();
    for (const Section& section : sections_) {
      const size_t begin = file.size();
      section.write(file);
      TWIN_CHECK(file.size() - begin == section.bytes, section.name);
      file.append(std::string(aligned(file.size() - start) - (file.size() - start), '\0'));
    }
    file.commit();
  }

 private:
  struct Section {
    std::string name;
    size_t bytes;
    Write write;
  };
  std::vector<Section> sections_;
};

// A column's part of some slots, with the values that occur there alone.
struct KeptColumn {
  std::string values;  // JSON
  std::vector<uint32_t> offsets, codes;
};

KeptColumn keep(const PayloadColumn& column, std::span<const uint32_t> slots) {
  KeptColumn kept;
  Json values = Json::array();
  std::vector<uint32_t> code_of(column.values().size(), UINT32_MAX);
  kept.offsets.push_back(0);
  for (const uint32_t slot : slots) {
    for (const uint32_t code : column.codes(slot)) {
      if (code >= code_of.size()) continue;
      if (code_of[code] == UINT32_MAX) {
        code_of[code] = static_cast<uint32_t>(values.size());
        values.push_back(to_json(column.values()[code]));
      }
      kept.codes.push_back(code_of[code]);
    }
    kept.offsets.push_back(static_cast<uint32_t>(kept.codes.size()));
  }
  kept.values = dump_json(values);
  return kept;
}

}  // namespace

void write_segment(const std::filesystem::path& path, const CollectionRow& collection,
                   ChangePosition position, const CollectionIndex& index,
                   std::span<const uint32_t> slots, const HnswGraph* graph) {
  TWIN_CHECK(graph == nullptr || graph->size() == slots.size());
  SectionWriter writer;
  std::vector<int64_t> numbers;
  std::vector<uint32_t> removed;
  for (size_t i = 0; i < slots.size(); ++i) {
    numbers.push_back(index.number_of(slots[i]));
    if (!index.is_left(slots[i])) removed.push_back(static_cast<uint32_t>(i));
  }
  writer.add_values<int64_t>("numbers", numbers);
  writer.add_values<uint32_t>("removed", removed);
  const VectorRows& rows = index.rows();
  const size_t row_bytes = rows.dimensions() * sizeof(float);
  writer.add("floats", slots.size() * row_bytes, [&](AtomicFile& file) {
    std::string buffer;
    for (const uint32_t slot : slots) {
      buffer.append(reinterpret_cast<const char*>(rows.floats(slot)), row_bytes);
      if (buffer.size() < (size_t{1} << 20)) continue;
      file.append(buffer);
      buffer.clear();
    }
    file.append(buffer);
  });
  writer.add("integers", slots.size() * rows.stride(), [&](AtomicFile& file) {
    std::string buffer;
    for (const uint32_t slot : slots) {
      buffer.append(reinterpret_cast<const char*>(rows.integers(slot)), rows.stride());
      if (buffer.size() < (size_t{1} << 20)) continue;
      file.append(buffer);
      buffer.clear();
    }
    file.append(buffer);
  });
  std::map<std::string, KeptColumn> columns;
  for (const auto& [field, column] : index.columns()) {
    const KeptColumn& kept = columns[field] = keep(column, slots);
    writer.add_values<char>("values." + field, kept.values);
    writer.add_values<uint32_t>("offsets." + field, kept.offsets);
    writer.add_values<uint32_t>("codes." + field, kept.codes);
  }
  Json header = header_of(collection, position, slots.size());
  if (graph != nullptr) {
    header["graph"] = {{"M", graph->M},
                       {"entry", graph->entry},
                       {"max_level", graph->max_level},
                       {"ef_search", graph->ef_search}};
    writer.add_values<uint32_t>("graph.base", graph->base);
    writer.add_values<uint32_t>("graph.upper_begin", graph->upper_begin);
    writer.add_values<uint32_t>("graph.upper", graph->upper);
  }
  writer.write(path, std::move(header));
}

std::unique_ptr<Segment> Segment::open(const std::filesystem::path& path,
                                       const CollectionRow& collection) {
  try {
    std::unique_ptr<Segment> segment(new Segment(path));
    if (segment->read(collection)) return segment;
  } catch (const Error&) {
    // Not there, or not readable: made again.
  } catch (const Json::exception&) {
  }
  return nullptr;
}

bool Segment::read(const CollectionRow& collection) {
  const std::string_view bytes = file_.bytes();
  uint64_t length = 0;
  if (bytes.size() < kPreludeBytes || !bytes.starts_with(kMagic)) return false;
  std::memcpy(&length, bytes.data() + kMagic.size(), sizeof length);
  if (length > kMaxHeaderBytes || length > bytes.size() - kPreludeBytes) return false;
  const Json header = parse_json(bytes.substr(kPreludeBytes, length), "vector index");
  const size_t rows = header.at("rows").get<size_t>();
  position_ = {header.at("point").get<int64_t>(), header.at("removal").get<int64_t>()};
  Json expected = header_of(collection, position_, rows);
  for (const auto& [key, value] : expected.items()) {
    if (header.at(key) != value) return false;
  }
  const std::string_view body = bytes.substr(kPreludeBytes + length);
  bool whole = true;
  const auto section = [&]<class T>(const std::string& name, std::span<const T>& values,
                                    std::optional<size_t> count) {
    const Json& place = header.at("sections").at(name);
    const auto offset = place.at(0).get<size_t>(), size = place.at(1).get<size_t>();
    const bool fits = offset % kAlign == 0 && offset <= body.size() &&
                      size <= body.size() - offset && size % sizeof(T) == 0 &&
                      (!count || size == *count * sizeof(T));
    whole = whole && fits;
    if (fits) values = {reinterpret_cast<const T*>(body.data() + offset), size / sizeof(T)};
  };
  const size_t dimensions = collection.dimensions;
  if (rows > bytes.size() / sizeof(int64_t)) return false;
  section("numbers", numbers_, rows);
  section("removed", removed_, std::nullopt);
  section("floats", floats_, rows * dimensions);
  section("integers", integers_, rows * VectorRows::integer_stride(dimensions));
  for (const auto& [field, schema] : collection.fields) {
    Column& column = columns_[field];
    std::span<const char> values;
    section("values." + field, values, std::nullopt);
    section("offsets." + field, column.offsets, rows + 1);
    section("codes." + field, column.codes, std::nullopt);
    if (!whole) return false;
    const std::string_view text(values.data(), values.size());
    for (const Json& value : parse_json(text, "vector index")) {
      column.values.push_back(scalar_of(value));
    }
  }
  if (header.contains("graph")) {
    const Json& graph = header["graph"];
    graph_.emplace();
    graph_->M = graph.at("M").get<uint32_t>();
    graph_->entry = graph.at("entry").get<uint32_t>();
    graph_->max_level = graph.at("max_level").get<uint32_t>();
    graph_->ef_search = graph.at("ef_search").get<uint32_t>();
    if (graph_->M > 1024 || graph_->max_level > 64) return false;
    section("graph.base", graph_->base, rows * (1 + 2 * size_t{graph_->M}));
    section("graph.upper_begin", graph_->upper_begin, rows);
    section("graph.upper", graph_->upper, std::nullopt);
  }
  return whole;
}

PayloadColumn Segment::column(const std::string& field, bool words) const {
  const Column& column = columns_.at(field);
  return {words, column.values, column.offsets, column.codes};
}

}  // namespace twin::vectors
