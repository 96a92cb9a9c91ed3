#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "stores/vectors/distance.h"
#include "stores/vectors/hnsw_graph.h"
#include "stores/vectors/payload_column.h"
#include "stores/vectors/point_database.h"

namespace twin::vectors {

class CollectionIndex;

// A collection's index as of one position of its changes, in a file that is mapped and searched
// where it lies: rows, numbers, indexed fields, the graph where there is one. It is made from the
// database and can be made again: one that is missing, cut off or of another kind is no error.
// The format is in docs/stores/vectors.md.
class Segment {
 public:
  // Null where the file is not there or is not one of this collection.
  static std::unique_ptr<Segment> open(const std::filesystem::path& path,
                                       const CollectionRow& collection);

  ChangePosition position() const { return position_; }
  size_t size() const { return numbers_.size(); }
  std::span<const int64_t> numbers() const { return numbers_; }
  std::span<const uint32_t> removed() const { return removed_; }  // slots
  std::span<const float> floats() const { return floats_; }
  std::span<const std::byte> integers() const { return integers_; }
  const std::optional<HnswGraph>& graph() const { return graph_; }
  PayloadColumn column(const std::string& field, bool words) const;

 private:
  explicit Segment(const std::filesystem::path& path) : file_(path) {}
  bool read(const CollectionRow& collection);

  struct Column {
    std::vector<Scalar> values;
    std::span<const uint32_t> offsets, codes;
  };
  MappedFile file_;
  ChangePosition position_;
  std::span<const int64_t> numbers_;
  std::span<const uint32_t> removed_;
  std::span<const float> floats_;
  std::span<const std::byte> integers_;
  std::map<std::string, Column> columns_;
  std::optional<HnswGraph> graph_;
};

// Writes the index; `slots` are those to keep, ascending. A graph is over these in this order.
void write_segment(const std::filesystem::path& path, const CollectionRow& collection,
                   ChangePosition position, const CollectionIndex& index,
                   std::span<const uint32_t> slots, const HnswGraph* graph);

}  // namespace twin::vectors
