#include "engine/learn/checkpoint.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hashing.h"
#include "engine/formats/safetensors.h"

namespace twin {
namespace {

constexpr const char* kVersion = "twin-checkpoint/2";

using Metadata = std::map<std::string, std::string>;

uint64_t number(const Metadata& metadata, const std::string& name,
                const std::filesystem::path& file) {
  uint64_t value = 0;
  const auto found = metadata.find(name);
  const bool ok =
      found != metadata.end() &&
      std::from_chars(found->second.data(), found->second.data() + found->second.size(), value)
              .ec == std::errc();
  if (!ok) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: checkpoint without a number '{}'", file.string(), name));
  }
  return value;
}

using Tensors = std::vector<std::string_view>;

constexpr const char* kParameters = "parameters";

// What a checkpoint holds beside the parameters: the moments, as f32 or as bytes with their scales.
std::vector<TensorToWrite> moments_of(const AdamWState& adamw) {
  if (adamw.byte_m.codes.empty()) {
    return {{"adamw_m", {adamw.m.size()}, adamw.m}, {"adamw_v", {adamw.v.size()}, adamw.v}};
  }
  const ByteMoments &m = adamw.byte_m, &v = adamw.byte_v;
  return {{"adamw_m", {m.codes.size()}, {}, m.codes},
          {"adamw_m_scales", {m.scales.size()}, m.scales},
          {"adamw_v", {v.codes.size()}, {}, v.codes},
          {"adamw_v_scales", {v.scales.size()}, v.scales}};
}

std::string_view bytes_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr const char* kBestVersion = "twin-best/1";

// Of everything but itself, so that a flipped bit anywhere is noticed.
std::string digest(const Metadata& metadata, const Tensors& tensors) {
  KeyHasher hasher;
  for (const auto& [name, value] : metadata) {
    if (name != "sha256") hasher.add(name).add(value);
  }
  for (std::string_view bytes : tensors) hasher.add(bytes);
  return hasher.finish();
}

std::string_view bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

void save_checkpoint(const std::filesystem::path& file, const std::string& key,
                     const TrainingPosition& position, std::span<const float> parameters,
                     const AdamWState& adamw) {
  Metadata metadata = {{"format", kVersion},
                       {"key", key},
                       {"step", std::to_string(position.step)},
                       {"next_batch", std::to_string(position.next_batch)},
                       {"adamw_step", std::to_string(adamw.step)}};
  for (size_t i = 0; i < 4; ++i) {
    metadata[fmt::format("random_{}", i)] = std::to_string(position.random[i]);
  }
  metadata["best_step"] = std::to_string(position.best_step);
  metadata["best_loss_bits"] = std::to_string(std::bit_cast<uint64_t>(position.best_loss));
  metadata["waited"] = std::to_string(position.waited);
  metadata["stopped"] = std::to_string(position.stopped ? 1 : 0);
  std::vector<TensorToWrite> tensors = moments_of(adamw);
  tensors.insert(tensors.begin(), {kParameters, {parameters.size()}, parameters});
  Tensors bytes;
  for (const TensorToWrite& tensor : tensors) {
    bytes.push_back(tensor.bytes.empty() ? bytes_of(tensor.values) : bytes_of(tensor.bytes));
  }
  metadata["sha256"] = digest(metadata, bytes);
  write_safetensors(file, tensors, metadata);
}

std::optional<TrainingPosition> load_checkpoint(const std::filesystem::path& file,
                                                const std::string& key, std::span<float> parameters,
                                                AdamWState& adamw) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  const SafetensorsFile checkpoint(file);
  const Metadata& metadata = checkpoint.metadata();
  const auto is = [&](const char* name, const std::string& value) {
    const auto found = metadata.find(name);
    return found != metadata.end() && found->second == value;
  };
  if (!is("format", kVersion) || !is("key", key)) return std::nullopt;

  TrainingPosition position;
  position.step = number(metadata, "step", file);
  position.next_batch = number(metadata, "next_batch", file);
  for (size_t i = 0; i < 4; ++i) {
    position.random[i] = number(metadata, fmt::format("random_{}", i), file);
  }
  position.best_step = number(metadata, "best_step", file);
  position.best_loss = std::bit_cast<double>(number(metadata, "best_loss_bits", file));
  position.waited = number(metadata, "waited", file);
  position.stopped = number(metadata, "stopped", file) != 0;
  // The moments are of the kind that the state is prepared for; f32 where it is not.
  const bool in_bytes = !adamw.byte_m.codes.empty();
  struct Expected {
    const char* name;
    DType dtype;
    size_t count;
  };
  const size_t P = parameters.size(), blocks = adamw.byte_m.scales.size();
  std::vector<Expected> expected = {{kParameters, DType::kF32, P}};
  if (in_bytes) {
    expected.insert(expected.end(), {{"adamw_m", DType::kU8, P},
                                     {"adamw_m_scales", DType::kF32, blocks},
                                     {"adamw_v", DType::kU8, P},
                                     {"adamw_v_scales", DType::kF32, blocks}});
  } else {
    expected.insert(expected.end(), {{"adamw_m", DType::kF32, P}, {"adamw_v", DType::kF32, P}});
  }
  Tensors tensors;
  for (const Expected& one : expected) {
    const auto found = checkpoint.tensors().find(one.name);
    if (found == checkpoint.tensors().end() || found->second.dtype != one.dtype ||
        found->second.shape != std::vector<size_t>{one.count}) {
      return std::nullopt;
    }
    tensors.push_back(found->second.bytes);
  }
  if (!is("sha256", digest(metadata, tensors))) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: damaged checkpoint", file.string()));
  }
  adamw.step = number(metadata, "adamw_step", file);
  const auto restore = [](std::string_view bytes, auto& place) {
    std::memcpy(place.data(), bytes.data(), bytes.size());
  };
  restore(tensors[0], parameters);
  if (in_bytes) {
    restore(tensors[1], adamw.byte_m.codes);
    restore(tensors[2], adamw.byte_m.scales);
    restore(tensors[3], adamw.byte_v.codes);
    restore(tensors[4], adamw.byte_v.scales);
  } else {
    adamw.m.resize(P);
    adamw.v.resize(P);
    restore(tensors[1], adamw.m);
    restore(tensors[2], adamw.v);
  }
  return position;
}

void save_best(const std::filesystem::path& file, const std::string& key, size_t step,
               std::span<const float> parameters) {
  Metadata metadata = {{"format", kBestVersion}, {"key", key}, {"step", std::to_string(step)}};
  metadata["sha256"] = digest(metadata, {bytes_of(parameters)});
  const TensorToWrite tensors[] = {{kParameters, {parameters.size()}, parameters}};
  write_safetensors(file, tensors, metadata);
}

void load_best(const std::filesystem::path& file, const std::string& key, size_t step,
               std::span<float> parameters) {
  const SafetensorsFile best(file);
  const Metadata& metadata = best.metadata();
  const auto found = best.tensors().find(kParameters);
  Metadata expected = {{"format", kBestVersion}, {"key", key}, {"step", std::to_string(step)}};
  if (found != best.tensors().end() && found->second.dtype == DType::kF32 &&
      found->second.shape == std::vector<size_t>{parameters.size()}) {
    expected["sha256"] = digest(expected, {found->second.bytes});
    if (metadata == expected) {
      read_as_f32(found->second, parameters);
      return;
    }
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: damaged, or not of step {} of this run", file.string(), step));
}

}  // namespace twin
