#include "engine/formats/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// A file of this header and these bytes of data.
std::string file_of(const std::string& header, const std::string& data) {
  const uint64_t size = header.size();
  std::string file(sizeof size, '\0');
  std::memcpy(file.data(), &size, sizeof size);
  return file + header + data;
}

// The header's one tensor "a", with this in place of what a sound one says.
std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

std::map<std::string, TensorView> parse(std::string_view bytes) {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
  parse_safetensors(bytes, "some/file", tensors, metadata);
  return tensors;
}

void expect_refused(const std::string& file, const std::string& saying) {
  try {
    parse(file);
    ADD_FAILURE() << "accepted; expected: " << saying;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    const std::string what = error.what();
    EXPECT_EQ(what.find("some/file: "), 0u) << what;
    EXPECT_NE(what.find(saying), std::string::npos) << what << "; expected: " << saying;
  }
}

class Safetensors : public ::testing::Test {
 protected:
  Safetensors()
      : folder_(fs::path(::testing::TempDir()) /
                ("twin_safetensors_test." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Safetensors() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(Safetensors, WrittenTensorsAreReadBackBitForBit) {
  const float kNan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a = {1, -0.0f, 1e-45f, INFINITY, kNan, 3.4e38f}, b = {7}, none;
  const TensorToWrite tensors[] = {
      {"b.\"weight\"", {2, 3}, a}, {"a", {}, b}, {"leer é", {4, 0}, none}};
  write_safetensors(folder_ / "x.safetensors", tensors, {{"key", "value\n"}, {"", "é"}});
  const SafetensorsFile file(folder_ / "x.safetensors");
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"key", "value\n"}, {"", "é"}}));
  ASSERT_EQ(file.tensors().size(), 3u);
  for (const TensorToWrite& written : tensors) {
    const TensorView& view = file.tensors().at(written.name);
    EXPECT_EQ(view.dtype, DType::kF32);
    EXPECT_EQ(view.shape, written.shape);
    ASSERT_EQ(view.bytes.size(), written.values.size_bytes());
    std::vector<float> values(written.values.size());
    read_as_f32(view, values);
    if (!values.empty()) {
      EXPECT_EQ(std::memcmp(values.data(), written.values.data(), view.bytes.size()), 0);
    }
  }
  // The format's own rule: data begins at a multiple of eight, so that it can be mapped and used.
  const MappedFile bytes(folder_ / "x.safetensors");
  uint64_t header = 0;
  std::memcpy(&header, bytes.bytes().data(), sizeof header);
  EXPECT_EQ(header % 8, 0u);
}

TEST_F(Safetensors, FileCutAnywhereIsRefused) {
  const std::vector<float> values(5, 1.5f);
  const TensorToWrite tensors[] = {{"a", {5}, values}};
  write_safetensors(folder_ / "x", tensors);
  const std::string whole = read_file(folder_ / "x");
  EXPECT_EQ(parse(whole).size(), 1u);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse(whole.substr(0, size)), Error) << size;
  }
  EXPECT_THROW(SafetensorsFile(folder_ / "missing"), Error);
  EXPECT_THROW(SafetensorsFile{folder_}, Error);
}

TEST_F(Safetensors, HeaderThatIsNotOneIsRefused) {
  expect_refused("", "shorter than its own header");
  expect_refused(std::string(7, '\0'), "shorter than its own header");
  expect_refused(std::string(8, '\0'), "not valid JSON");
  for (uint64_t size : {uint64_t{3}, uint64_t{100'000'001}, uint64_t{1} << 63, UINT64_MAX}) {
    std::string file = file_of("{}", "");
    std::memcpy(file.data(), &size, sizeof size);
    expect_refused(file, "its header claims " + std::to_string(size));
  }
  for (const char* header : {"{", "{}}", "nonsense", "{\"a\":}", "{\"\xff\":1}"}) {
    expect_refused(file_of(header, ""), "not valid JSON");
  }
  for (const char* header : {"[]", "null", "1", "\"a\""}) {
    expect_refused(file_of(header, ""), "its header is not an object");
  }
  expect_refused(file_of(std::string(10'000, '['), ""), "nested deeper");
  expect_refused(file_of(R"({"__metadata__":[]})", ""), "metadata is not an object");
  expect_refused(file_of(R"({"__metadata__":{"a":1}})", ""), "no string");
  EXPECT_TRUE(parse(file_of("{}  ", "")).empty());
}

TEST_F(Safetensors, TensorThatDoesNotFitIsRefused) {
  const std::string data(16, '\1');
  const auto refused = [&](const std::string& header, const char* saying) {
    expect_refused(file_of(header, data), saying);
  };
  EXPECT_EQ(parse(file_of(tensor("\"F32\"", "[4]", "[0,16]"), data)).at("a").shape.front(), 4u);
  refused(tensor("\"F32\"", "[4]", "[4,20]"), "outside the file");
  refused(tensor("\"F32\"", "[4]", "[16,0]"), "outside the file");
  refused(tensor("\"F32\"", "[4]", "[18446744073709551608,8]"), "outside the file");
  refused(tensor("\"F32\"", "[4]", "[0,18446744073709551615]"), "outside the file");
  refused(tensor("\"F32\"", "[3]", "[0,16]"), "not as long as its shape says");
  refused(tensor("\"F16\"", "[4]", "[0,16]"), "not as long as its shape says");
  refused(tensor("\"F32\"", "[]", "[0,16]"), "not as long as its shape says");
  refused(tensor("\"F32\"", "[4,0]", "[0,16]"), "not as long as its shape says");
  refused(tensor("\"F32\"", "[4611686018427387905,1]", "[0,4]"), "overflows");
  refused(tensor("\"F32\"", "[4294967296,4294967296]", "[0,0]"), "overflows");
  refused(tensor("\"F32\"", "[-4]", "[0,16]"), "no size");
  refused(tensor("\"F32\"", "[4.0]", "[0,16]"), "no size");
  refused(tensor("\"F32\"", "4", "[0,16]"), "not a list");
  refused(tensor("\"F32\"", "[4]", "[0]"), "two numbers");
  refused(tensor("\"F32\"", "[4]", "[0,16,16]"), "two numbers");
  refused(tensor("\"F32\"", "[4]", "[-16,0]"), "two numbers");
  refused(tensor("\"F32\"", "[4]", "[0.0,16.0]"), "two numbers");
  refused(tensor("\"F32\"", "[4]", "{}"), "two numbers");
  refused(tensor("\"F33\"", "[4]", "[0,16]"), "dtype");
  refused(tensor("32", "[4]", "[0,16]"), "dtype");
  refused(R"({"a":{"dtype":"F32","shape":[4]}})", "needs dtype");
  refused(R"({"a":[0,16]})", "needs dtype");
}

TEST_F(Safetensors, TensorsThatShareBytesAreRefused) {
  const auto two = [](const char* offsets_a, const char* offsets_b, const char* shape_b) {
    return file_of(std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)") + offsets_a +
                       R"(},"b":{"dtype":"F32","shape":)" + shape_b + R"(,"data_offsets":)" +
                       offsets_b + "}}",
                   std::string(16, '\0'));
  };
  EXPECT_EQ(parse(two("[0,8]", "[8,16]", "[2]")).size(), 2u);
  EXPECT_EQ(parse(two("[8,16]", "[0,8]", "[2]")).size(), 2u);
  EXPECT_EQ(parse(two("[0,8]", "[4,4]", "[0]")).size(), 2u) << "no bytes, none shared";
  expect_refused(two("[0,8]", "[0,8]", "[2]"), "share bytes");
  expect_refused(two("[0,8]", "[4,12]", "[2]"), "share bytes");
  expect_refused(two("[4,12]", "[0,16]", "[4]"), "share bytes");
  expect_refused(two("[4,12]", "[8,12]", "[1]"), "share bytes");
}

TEST_F(Safetensors, NameThatStandsTwiceIsRefused) {
  const std::string one = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  const std::string two = R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})";
  const std::string data(8, '\0');
  EXPECT_EQ(parse(file_of(R"({"a":)" + one + R"(,"b":)" + two + "}", data)).size(), 2u);
  expect_refused(file_of(R"({"a":)" + one + R"(,"a":)" + two + "}", data), "are named 'a'");
  expect_refused(file_of(R"({"a":)" + one + R"(,"\u0061":)" + two + "}", data), "are named 'a'");
}

TEST_F(Safetensors, HalvesBecomeTheirValues) {
  // Source: IEEE 754-2008, binary16; bfloat16 is the upper half of an f32.
  const std::vector<std::pair<uint16_t, float>> halves = {
      {0x0000, 0.0f},          {0x8000, -0.0f},    {0x3c00, 1.0f},     {0xc000, -2.0f},
      {0x3555, 0.333251953f},  {0x7bff, 65504.0f}, {0x0400, 0x1p-14f}, {0x0001, 0x1p-24f},
      {0x83ff, -0x1.ff8p-15f}, {0x7c00, INFINITY}, {0xfc00, -INFINITY}};
  for (const auto& [bits, expected] : halves) {
    float value = 0;
    read_as_f32({DType::kF16, {1}, {reinterpret_cast<const char*>(&bits), 2}}, {&value, 1});
    EXPECT_EQ(std::bit_cast<uint32_t>(value), std::bit_cast<uint32_t>(expected)) << expected;
    const uint16_t upper = static_cast<uint16_t>(std::bit_cast<uint32_t>(expected) >> 16);
    read_as_f32({DType::kBF16, {1}, {reinterpret_cast<const char*>(&upper), 2}}, {&value, 1});
    EXPECT_EQ(std::bit_cast<uint32_t>(value), uint32_t{upper} << 16);
  }
  const uint16_t nan = 0x7e01;
  float value = 0;
  read_as_f32({DType::kF16, {1}, {reinterpret_cast<const char*>(&nan), 2}}, {&value, 1});
  EXPECT_TRUE(std::isnan(value));
  const int32_t whole = 5;
  EXPECT_THROW(
      read_as_f32({DType::kI32, {1}, {reinterpret_cast<const char*>(&whole), 4}}, {&value, 1}),
      Error);
}

}  // namespace
}  // namespace twin
