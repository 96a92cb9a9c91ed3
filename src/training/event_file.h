#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace twin {

// CRC-32C (Castagnoli). Source: RFC 3720, B.4.
uint32_t crc32c(std::string_view bytes);

// One record of TensorFlow's record files: its length (8 bytes, little-endian), the masked CRC of
// those, the bytes, their masked CRC. Source: tensorflow/core/lib/io/record_writer.h; a masked CRC
// is its bits rotated right by 15, plus 0xa282ead8.
std::string framed_record(std::string_view bytes);

// A scalar, by the name TensorBoard shows it under ("train/loss").
using Scalar = std::pair<std::string, double>;

// TensorBoard's Event with these scalars, as protobuf. Source: tensorflow/core/util/event.proto,
// framework/summary.proto. `seconds` since 1970.
std::string scalar_event(double seconds, int64_t step, std::span<const Scalar> scalars);
// The Event every file begins with.
std::string first_event(double seconds);

// An event file of a run, which TensorBoard shows beside the others of its folder. A run that goes
// on begins another file; where both have a step, TensorBoard takes the later one (it sees the
// restart by the step).
class EventFile {
 public:
  // Begins `folder`/events.out.tfevents.SECONDS.twin. Errors: kFailed where it cannot be written.
  EventFile(const std::filesystem::path& folder, double seconds);
  // On the disk when it returns.
  void add(double seconds, int64_t step, std::span<const Scalar> scalars);

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
};

}  // namespace twin
