#include "training/event_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

TEST(EventFile, CrcIsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau) << "RFC 3720, B.4";
  EXPECT_EQ(crc32c(""), 0u);
}

// The bytes TensorBoard's own writer makes of the same (tests/golden/make_event_golden.py).
TEST(EventFile, BytesAreTensorBoards) {
  EXPECT_EQ(hex(framed_record(first_event(1.5))),
            "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c");
  const Scalar scalars[] = {{"train/loss", 2.5}, {"train/learning_rate", 0.001}};
  EXPECT_EQ(hex(framed_record(scalar_event(2.25, 300, scalars))),
            "3d000000000000006049f1ec09000000000000024010ac022a2f0a110a0a747261696e2f6c6f7373150000"
            "20400a1a0a13747261696e2f6c6561726e696e675f72617465156f12833a41b0ece1");
}

TEST(EventFile, FileHoldsItsRecordsOneAfterTheOther) {
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("twin_events." + std::to_string(::getpid()));
  fs::create_directories(folder);
  const Scalar scalars[] = {{"loss", 1.0}};
  EventFile file(folder, 7);
  file.add(8, 1, scalars);
  EXPECT_EQ(read_file(folder / "events.out.tfevents.7.twin"),
            framed_record(first_event(7)) + framed_record(scalar_event(8, 1, scalars)));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace twin
