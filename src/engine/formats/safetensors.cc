#include "engine/formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "engine/tensor/blocks.h"

namespace twin {
namespace {

// The reference implementation's own limit on a header.
constexpr uint64_t kMaxHeader = 100'000'000;

// What the format can name, of the types we read.
constexpr DType kDTypes[] = {DType::kF32, DType::kF16, DType::kBF16,
                             DType::kI64, DType::kI32, DType::kU8};

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: not a usable safetensors file: {}", where, what));
}

TensorView parse_tensor(const std::string& name, const Json& entry, std::string_view data,
                        std::string_view where) {
  const auto wrong = [&](const char* what) {
    refuse(where, fmt::format("tensor '{}': {}", name, what));
  };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets")) {
    wrong("needs dtype, shape and data_offsets");
  }
  TensorView view{};
  const auto* dtype = std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](DType candidate) {
    return entry["dtype"] == dtype_info(candidate).name;
  });
  if (dtype == std::end(kDTypes)) wrong("its dtype is not supported");
  view.dtype = *dtype;

  size_t bytes = dtype_info(view.dtype).bytes;
  if (!entry["shape"].is_array()) wrong("its shape is not a list");
  for (const Json& dimension : entry["shape"]) {
    if (!dimension.is_number_unsigned()) wrong("its shape holds something that is no size");
    const auto size = dimension.get<size_t>();
    if (__builtin_mul_overflow(bytes, size, &bytes)) wrong("its shape overflows");
    view.shape.push_back(size);
  }
  const Json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    wrong("its data_offsets are not two numbers");
  }
  const auto begin = offsets[0].get<size_t>(), end = offsets[1].get<size_t>();
  if (begin > end || end > data.size()) wrong("its data lies outside the file");
  if (end - begin != bytes) wrong("its data is not as long as its shape says");
  view.bytes = data.substr(begin, bytes);
  return view;
}

// JSON lets a name stand twice and readers differ in which they take.
void refuse_double_names(std::string_view header, std::string_view where) {
  std::set<std::string> names;
  const auto on_event = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1 &&
        !names.insert(parsed.get<std::string>()).second) {
      refuse(where, fmt::format("two tensors are named '{}'", parsed.get<std::string>()));
    }
    return true;
  };
  [[maybe_unused]] const Json parsed = Json::parse(header.begin(), header.end(), on_event);
}

}  // namespace

void parse_safetensors(std::string_view bytes, std::string_view where,
                       std::map<std::string, TensorView>& tensors,
                       std::map<std::string, std::string>& metadata) {
  if (bytes.size() < 8) refuse(where, "shorter than its own header");
  uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), 8);  // little-endian, as every machine we run on
  if (header_size > kMaxHeader || header_size > bytes.size() - 8) {
    refuse(where,
           fmt::format("its header claims {} bytes of a file of {}", header_size, bytes.size()));
  }
  const Json header = parse_json(bytes.substr(8, header_size), where);
  if (!header.is_object()) refuse(where, "its header is not an object");
  refuse_double_names(bytes.substr(8, header_size), where);
  const std::string_view data = bytes.substr(8 + header_size);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) refuse(where, "its metadata is not an object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) refuse(where, "its metadata holds something that is no string");
        metadata[key] = value.get<std::string>();
      }
    } else {
      tensors[name] = parse_tensor(name, entry, data, where);
    }
  }
  // Tensors must not share bytes: one written over another would be a trap.
  std::vector<std::pair<const char*, const char*>> extents;
  for (const auto& [name, view] : tensors) {
    if (!view.bytes.empty()) {
      extents.emplace_back(view.bytes.data(), view.bytes.data() + view.bytes.size());
    }
  }
  std::sort(extents.begin(), extents.end());
  for (size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].first < extents[i - 1].second) refuse(where, "two tensors share bytes");
  }
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  parse_safetensors(file_.bytes(), path.string(), tensors_, metadata_);
}

void read_as_f32(const TensorView& tensor, std::span<float> out) {
  if (tensor.dtype == DType::kI64 || tensor.dtype == DType::kI32 || tensor.dtype == DType::kU8) {
    throw Error(ErrorCode::kBadInput, fmt::format("a tensor of {} where numbers with a fraction "
                                                  "are expected (F32, F16 or BF16)",
                                                  dtype_info(tensor.dtype).name));
  }
  TWIN_CHECK(tensor.bytes.size() == dtype_bytes(tensor.dtype, out.size()));
  dequantize(tensor.dtype, tensor.bytes.data(), out);
}

namespace {

std::string_view contents(const TensorToWrite& tensor) {
  if (!tensor.bytes.empty()) {
    return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
  }
  return {reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes()};
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata) {
  OrderedJson header = OrderedJson::object();
  header["__metadata__"] = metadata;
  size_t offset = 0;
  for (const TensorToWrite& tensor : tensors) {
    const size_t bytes = contents(tensor).size();
    header[tensor.name] = {{"dtype", tensor.bytes.empty() ? "F32" : "U8"},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = dump_json(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data aligned to eight bytes

  AtomicFile file(path);
  const uint64_t size = text.size();
  file.append({reinterpret_cast<const char*>(&size), sizeof size});
  file.append(text);
  for (const TensorToWrite& tensor : tensors) {
    file.append(contents(tensor));
  }
  file.commit();
}

}  // namespace twin
