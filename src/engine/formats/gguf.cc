#include "engine/formats/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kMaxDepth = 4;  // of arrays of arrays
constexpr size_t kMaxAlignment = 1 << 20;
constexpr size_t kMaxDimensions = 4;  // ggml's own
constexpr size_t kMaxKey = 65535;     // the format's own
constexpr size_t kMaxName = 256;      // ggml's own is 64

struct TensorType {
  uint32_t id;
  std::string_view name;
  std::optional<DType> dtype;  // none: known by name alone
};
constexpr TensorType kTensorTypes[] = {
    {0, "F32", DType::kF32},
    {1, "F16", DType::kF16},
    {2, "Q4_0", DType::kQ4_0},
    {3, "Q4_1", DType::kQ4_1},
    {6, "Q5_0", DType::kQ5_0},
    {7, "Q5_1", DType::kQ5_1},
    {8, "Q8_0", DType::kQ8_0},
    {9, "Q8_1", {}},
    {10, "Q2_K", {}},
    {11, "Q3_K", {}},
    {12, "Q4_K", DType::kQ4_K},
    {13, "Q5_K", DType::kQ5_K},
    {14, "Q6_K", DType::kQ6_K},
    {15, "Q8_K", {}},
    {16, "IQ2_XXS", {}},
    {17, "IQ2_XS", {}},
    {18, "IQ3_XXS", {}},
    {19, "IQ1_S", {}},
    {20, "IQ4_NL", {}},
    {21, "IQ3_S", {}},
    {22, "IQ2_S", {}},
    {23, "IQ4_XS", {}},
    {24, "I8", {}},
    {25, "I16", {}},
    {26, "I32", DType::kI32},
    {27, "I64", DType::kI64},
    {28, "F64", {}},
    {29, "IQ1_M", {}},
    {30, "BF16", DType::kBF16},
    {34, "TQ1_0", {}},
    {35, "TQ2_0", {}},
    {39, "MXFP4", {}},
};

// Reads values one after the other; every error says where in the file.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  [[noreturn]] void refuse(const std::string& what) const { refuse_at(at_, what); }
  [[noreturn]] void refuse_at(size_t offset, const std::string& what) const {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: not a usable GGUF file: at byte {}: {}", where_, offset, what));
  }
  size_t offset() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  std::string_view take(size_t count, const char* what) {
    if (count > left()) {
      refuse(fmt::format("{} of {} bytes, {} are left of the file", what, count, left()));
    }
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  template <typename T>
  T number(const char* what) {
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }
  std::string_view text(const char* what, size_t limit) {
    const size_t start = at_;
    const auto length = number<uint64_t>(what);
    if (length > limit) {
      refuse_at(start, fmt::format("{} of {} bytes, more than {}", what, length, limit));
    }
    return take(length, what);
  }
  // How many of something, each of at least `bytes` bytes, the rest of the file can hold.
  uint64_t count(const char* what, size_t bytes) {
    const size_t start = at_;
    const auto value = number<uint64_t>(what);
    check_count(start, value, what, bytes);
    return value;
  }
  void check_count(size_t start, uint64_t value, const char* what, size_t bytes) const {
    if (value > left() / bytes) {
      refuse_at(start, fmt::format("{} {}, {} bytes are left of the file", value, what, left()));
    }
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  size_t at_ = 0;
};

GgufType read_type(Reader& reader) {
  const size_t start = reader.offset();
  const auto type = reader.number<uint32_t>("a value's type");
  if (type > static_cast<uint32_t>(GgufType::kFloat64)) {
    reader.refuse_at(start, fmt::format("a value of the unknown type {}", type));
  }
  return static_cast<GgufType>(type);
}

// Steps over one value, checking it.
void check_value(Reader& reader, GgufType type, size_t depth) {
  if (type == GgufType::kString) {
    reader.text("a string", SIZE_MAX);
  } else if (type == GgufType::kBool) {
    const size_t start = reader.offset();
    if (reader.number<uint8_t>("a bool") > 1) reader.refuse_at(start, "a bool that is not 0 or 1");
  } else if (type != GgufType::kArray) {
    reader.take(gguf_type_bytes(type), "a number");
  } else {
    if (depth == kMaxDepth) reader.refuse("arrays within arrays within arrays");
    const GgufType element = read_type(reader);
    const size_t bytes = gguf_type_bytes(element);
    const size_t least = bytes > 0 ? bytes : element == GgufType::kString ? 8 : 12;
    const uint64_t count = reader.count("values of an array", least);
    if (bytes > 0 && element != GgufType::kBool) {
      reader.take(count * bytes, "an array");
      return;
    }
    for (uint64_t i = 0; i < count; ++i) check_value(reader, element, depth + 1);
  }
}

void read_metadata(Reader& reader, uint64_t count, GgufMetadata& metadata) {
  for (uint64_t i = 0; i < count; ++i) {
    const size_t start = reader.offset();
    const std::string key(reader.text("a metadata key", kMaxKey));
    if (key.empty()) reader.refuse_at(start, "an empty metadata key");
    if (metadata.has(key)) reader.refuse_at(start, fmt::format("metadata key '{}' again", key));
    const GgufType type = read_type(reader);
    Reader value = reader;
    check_value(value, type, 0);
    metadata.set(key,
                 {type, std::string(reader.take(value.offset() - reader.offset(), "a value"))});
  }
}

struct TensorInfo {
  std::string name;
  size_t start;  // of its description in the file
  DType dtype;
  std::vector<size_t> shape;
  uint64_t offset, bytes;
};

TensorInfo read_tensor_info(Reader& reader) {
  TensorInfo info{};
  info.start = reader.offset();
  info.name = reader.text("a tensor's name", kMaxName);
  const auto refuse = [&](const std::string& what) {
    reader.refuse_at(info.start, fmt::format("tensor '{}': {}", info.name, what));
  };
  const auto dimensions = reader.number<uint32_t>("a tensor's number of dimensions");
  if (dimensions == 0 || dimensions > kMaxDimensions) {
    refuse(fmt::format("{} dimensions; expected 1 to {}", dimensions, kMaxDimensions));
  }
  uint64_t count = 1;
  for (uint32_t d = 0; d < dimensions; ++d) {
    const auto size = reader.number<uint64_t>("a tensor's dimension");
    if (size == 0 || __builtin_mul_overflow(count, size, &count) || count > (uint64_t{1} << 56)) {
      refuse("its shape is empty or overflows");
    }
    info.shape.insert(info.shape.begin(), size);
  }
  const auto id = reader.number<uint32_t>("a tensor's type");
  const auto* type = std::find_if(std::begin(kTensorTypes), std::end(kTensorTypes),
                                  [&](const TensorType& t) { return t.id == id; });
  if (type == std::end(kTensorTypes)) refuse(fmt::format("its type {} is unknown", id));
  if (!type->dtype) refuse(fmt::format("its type {} is not supported", type->name));
  info.dtype = *type->dtype;
  const size_t block = dtype_info(info.dtype).block;
  if (info.shape.back() % block != 0) {
    refuse(fmt::format("rows of {} in blocks of {}", info.shape.back(), block));
  }
  info.bytes = dtype_bytes(info.dtype, count);
  info.offset = reader.number<uint64_t>("a tensor's offset");
  return info;
}

void check_overlaps(const std::vector<TensorInfo>& infos, const Reader& reader) {
  std::vector<const TensorInfo*> order;
  order.reserve(infos.size());
  for (const TensorInfo& info : infos) order.push_back(&info);
  std::sort(order.begin(), order.end(),
            [](const TensorInfo* a, const TensorInfo* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < order.size(); ++i) {
    if (order[i]->offset < order[i - 1]->offset + order[i - 1]->bytes) {
      reader.refuse_at(order[i]->start, fmt::format("tensors '{}' and '{}' share bytes",
                                                    order[i - 1]->name, order[i]->name));
    }
  }
}

size_t read_alignment(const GgufMetadata& metadata) {
  const size_t alignment = metadata.size_or("general.alignment", 32);
  if (alignment == 0 || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
    metadata.refuse(fmt::format("general.alignment is {}; expected a power of two up to {}",
                                alignment, kMaxAlignment));
  }
  return alignment;
}

}  // namespace

void parse_gguf(std::string_view bytes, const std::string& where, GgufContents& contents) {
  contents = GgufContents{};
  contents.metadata = GgufMetadata(where);
  Reader reader(bytes, where);
  if (reader.take(4, "the magic") != "GGUF") reader.refuse_at(0, "it does not begin with \"GGUF\"");
  contents.version = reader.number<uint32_t>("the version");
  if (contents.version != 2 && contents.version != 3) {
    const bool swapped = contents.version != 0 && (contents.version & 0xffff) == 0;
    reader.refuse_at(4, swapped ? "it is big-endian, which is not supported"
                                : fmt::format("version {}; expected 2 or 3", contents.version));
  }
  const auto tensor_count = reader.number<uint64_t>("the number of tensors");
  const auto value_count = reader.number<uint64_t>("the number of metadata values");
  reader.check_count(8, tensor_count, "tensors", 8 + 4 + 8 + 4 + 8);
  reader.check_count(16, value_count, "metadata values", 8 + 1 + 4 + 1);
  read_metadata(reader, value_count, contents.metadata);

  const size_t alignment = read_alignment(contents.metadata);
  std::vector<TensorInfo> infos;
  for (uint64_t i = 0; i < tensor_count; ++i) {
    infos.push_back(read_tensor_info(reader));
    const TensorInfo& info = infos.back();
    if (!contents.tensors.emplace(info.name, TensorView{info.dtype, info.shape, {}}).second) {
      reader.refuse_at(info.start, fmt::format("tensor '{}' again", info.name));
    }
  }
  const size_t data = (reader.offset() + alignment - 1) / alignment * alignment;
  for (const TensorInfo& info : infos) {
    if (info.offset % alignment != 0) {
      reader.refuse_at(info.start, fmt::format("tensor '{}': its offset {} is not a multiple of {}",
                                               info.name, info.offset, alignment));
    }
    if (data > bytes.size() || info.offset > bytes.size() - data ||
        info.bytes > bytes.size() - data - info.offset) {
      reader.refuse_at(
          info.start,
          fmt::format("tensor '{}': its {} bytes at {} lie outside the file of {} bytes", info.name,
                      info.bytes, data + info.offset, bytes.size()));
    }
    contents.tensors[info.name].bytes = bytes.substr(data + info.offset, info.bytes);
  }
  check_overlaps(infos, reader);
}

GgufFile::GgufFile(const std::filesystem::path& path) {
  files_.emplace_back(path);
  parse_gguf(files_.back().bytes(), path.string(), contents_);
  const size_t count = contents_.metadata.size_or("split.count", 1);
  if (count <= 1) return;
  // "NAME-00002-of-00003.gguf": the other files are named alike, the first has the metadata.
  constexpr size_t kTail = 20;
  const std::string name = path.filename().string();
  const std::string of = fmt::format("-of-{:05}.gguf", count);
  if (name.size() < kTail || !name.ends_with(of) || count > 99999) {
    contents_.metadata.refuse(
        fmt::format("one of {} files, whose name should end in \"{}\"", count, of));
  }
  files_.clear();
  GgufContents whole;
  for (size_t i = 1; i <= count; ++i) {
    const auto part =
        path.parent_path() / fmt::format("{}-{:05}{}", name.substr(0, name.size() - kTail), i, of);
    files_.emplace_back(part);
    parse_gguf(files_.back().bytes(), part.string(), contents_);
    if (contents_.metadata.size_or("split.count", 1) != count ||
        contents_.metadata.size_or("split.no", 0) != i - 1) {
      contents_.metadata.refuse("its split.no and split.count do not belong to its name");
    }
    if (i == 1) whole = contents_;
    for (const auto& [tensor, view] : contents_.tensors) {
      if (i > 1 && !whole.tensors.emplace(tensor, view).second) {
        contents_.metadata.refuse(fmt::format("tensor '{}' is in another part too", tensor));
      }
    }
  }
  contents_ = std::move(whole);
}

uint32_t gguf_tensor_type(DType dtype) {
  const auto* type = std::find_if(std::begin(kTensorTypes), std::end(kTensorTypes),
                                  [&](const TensorType& t) { return t.dtype == dtype; });
  TWIN_CHECK(type != std::end(kTensorTypes));
  return type->id;
}

}  // namespace twin
