#include "engine/formats/gguf.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "base/context.h"
#include "base/error.h"
#include "engine/formats/gguf_writer.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

template <typename T>
std::string raw(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}
std::string text(const std::string& s) { return raw<uint64_t>(s.size()) + s; }
std::string entry(const std::string& key, GgufType type, const std::string& value) {
  return text(key) + raw(static_cast<uint32_t>(type)) + value;
}

struct Tensor {
  std::string name;
  std::vector<uint64_t> dimensions;  // as in the file: rows' length first
  uint32_t type;
  uint64_t offset;
};

// A file by hand, in the order of the specification.
std::string file_of(const std::vector<std::string>& metadata, const std::vector<Tensor>& tensors,
                    size_t data, uint32_t version = 3) {
  std::string bytes =
      "GGUF" + raw(version) + raw<uint64_t>(tensors.size()) + raw<uint64_t>(metadata.size());
  for (const std::string& value : metadata) bytes += value;
  for (const Tensor& tensor : tensors) {
    bytes += text(tensor.name) + raw<uint32_t>(static_cast<uint32_t>(tensor.dimensions.size()));
    for (uint64_t d : tensor.dimensions) bytes += raw(d);
    bytes += raw(tensor.type) + raw(tensor.offset);
  }
  bytes.resize((bytes.size() + 31) / 32 * 32, '\0');
  return bytes + std::string(data, '\1');
}

const std::vector<std::string> kMetadata = {
    entry("general.architecture", GgufType::kString, text("llama")),
    entry("a.u8", GgufType::kUint8, raw<uint8_t>(200)),
    entry("a.i8", GgufType::kInt8, raw<int8_t>(-3)),
    entry("a.u64", GgufType::kUint64, raw<uint64_t>(1) + ""),
    entry("a.f64", GgufType::kFloat64, raw(0.25)),
    entry("a.flag", GgufType::kBool, raw<uint8_t>(1)),
    entry("a.texts", GgufType::kArray,
          raw<uint32_t>(8) + raw<uint64_t>(2) + text("one") + text("")),
    entry("a.floats", GgufType::kArray, raw<uint32_t>(6) + raw<uint64_t>(2) + raw(1.5f) + raw(2.f)),
    entry("a.nested", GgufType::kArray,
          raw<uint32_t>(9) + raw<uint64_t>(1) + raw<uint32_t>(0) + raw<uint64_t>(1) + "x")};
const std::vector<Tensor> kTensors = {{"w", {4, 3}, 0, 0}, {"q", {32, 2}, 8, 64}};

GgufContents parse(const std::string& bytes) {
  GgufContents contents;
  parse_gguf(bytes, "test.gguf", contents);
  return contents;
}

void expect_refused(const std::string& bytes, const std::string& saying) {
  try {
    parse(bytes);
    ADD_FAILURE() << "accepted; expected: " << saying;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_EQ(std::string(error.what()).find("test.gguf: "), 0u) << error.what();
    EXPECT_NE(std::string(error.what()).find(saying), std::string::npos)
        << error.what() << "; expected: " << saying;
  }
}

TEST(Gguf, ReadsEveryKindOfValue) {
  for (const uint32_t version : {2u, 3u}) {
    const std::string bytes = file_of(kMetadata, kTensors, 64 + 68, version);
    const GgufContents contents = parse(bytes);
    const GgufMetadata& metadata = contents.metadata;
    EXPECT_EQ(metadata.text_or("general.architecture", ""), "llama");
    EXPECT_EQ(metadata.size("a.u8"), 200u);
    EXPECT_EQ(metadata.number_or("a.i8", 0), -3);
    EXPECT_EQ(metadata.size("a.u64"), 1u);
    EXPECT_EQ(metadata.number_or("a.f64", 0), 0.25);
    EXPECT_TRUE(metadata.flag_or("a.flag", false));
    EXPECT_EQ(metadata.texts("a.texts"), (std::vector<std::string>{"one", ""}));
    EXPECT_EQ(metadata.numbers("a.floats"), (std::vector<double>{1.5, 2}));
    EXPECT_EQ(metadata.show("a.floats"), "2 x FLOAT32: 1.5 2");
    EXPECT_EQ(metadata.show("a.nested"), "1 x ARRAY:");
    EXPECT_EQ(contents.tensors.at("w").shape, (std::vector<size_t>{3, 4}));
    EXPECT_EQ(contents.tensors.at("q").dtype, DType::kQ8_0);
    EXPECT_EQ(contents.tensors.at("q").bytes.size(), 68u);
  }
}

TEST(Gguf, ValuesOfAnotherTypeAreRefusedByKey) {
  const GgufContents contents = parse(file_of(kMetadata, {}, 0));
  const GgufMetadata& metadata = contents.metadata;
  EXPECT_THROW(metadata.size("a.i8"), Error);
  EXPECT_THROW(metadata.size("a.f64"), Error);
  EXPECT_THROW(metadata.size("a.none"), Error);
  EXPECT_THROW(metadata.size("a.texts"), Error);
  EXPECT_THROW(metadata.flag_or("a.u8", true), Error);
  EXPECT_THROW(metadata.text_or("a.u8", ""), Error);
  EXPECT_THROW(metadata.number_or("a.flag", 0), Error);
  EXPECT_THROW(metadata.texts("a.floats"), Error);
  EXPECT_THROW(metadata.numbers("a.texts"), Error);
  EXPECT_THROW(metadata.numbers("a.u8"), Error);
}

TEST(Gguf, FileCutAnywhereIsRefused) {
  const std::string bytes = file_of(kMetadata, kTensors, 64 + 68);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(parse(bytes.substr(0, length)), Error) << length;
  }
  EXPECT_NO_THROW(parse(bytes + "more"));
}

TEST(Gguf, DamageIsRefusedWithItsPlace) {
  expect_refused("GGML" + std::string(28, '\0'), "at byte 0: it does not begin with \"GGUF\"");
  expect_refused(file_of({}, {}, 0, 1), "version 1; expected 2 or 3");
  expect_refused(file_of({}, {}, 0, 0x03000000), "big-endian");
  const std::string counts = "GGUF" + raw<uint32_t>(3);
  expect_refused(counts + raw(UINT64_MAX) + raw<uint64_t>(0),
                 "at byte 8: 18446744073709551615 tensors");
  expect_refused(counts + raw<uint64_t>(0) + raw(UINT64_MAX),
                 "at byte 16: 18446744073709551615 metadata values");
  const auto with = [](const std::string& value) { return file_of({value}, {}, 64); };
  expect_refused(with(raw(UINT64_MAX) + "key"), "at byte 24: a metadata key of");
  expect_refused(with(entry("", GgufType::kBool, "\1")), "an empty metadata key");
  expect_refused(with(text("k") + raw<uint32_t>(13) + "\1"), "unknown type 13");
  expect_refused(with(entry("k", GgufType::kBool, "\2")), "a bool that is not 0 or 1");
  expect_refused(with(entry("k", GgufType::kString, raw<uint64_t>(1 << 20))),
                 "a string of 1048576");
  expect_refused(with(entry("k", GgufType::kArray, raw<uint32_t>(0) + raw(UINT64_MAX))),
                 "values of an array");
  expect_refused(with(entry("k", GgufType::kArray, raw<uint32_t>(8) + raw<uint64_t>(100))),
                 "values of an array");
  std::string deep;
  for (int i = 0; i < 9; ++i) deep += raw<uint32_t>(9) + raw<uint64_t>(1);
  expect_refused(with(entry("k", GgufType::kArray, deep)), "arrays within arrays");
  expect_refused(file_of({kMetadata[1], kMetadata[1]}, {}, 0), "'a.u8' again");
  const auto alignment = [](uint32_t value) {
    return file_of({entry("general.alignment", GgufType::kUint32, raw(value))}, {}, 0);
  };
  expect_refused(alignment(0), "general.alignment is 0");
  expect_refused(alignment(24), "general.alignment is 24");
  expect_refused(alignment(1u << 30), "general.alignment");
}

TEST(Gguf, TensorsThatDoNotFitAreRefusedByName) {
  const auto with = [](const Tensor& tensor) { return file_of({}, {tensor}, 64); };
  expect_refused(with({"w", {}, 0, 0}), "'w': 0 dimensions");
  expect_refused(with({"w", {1, 1, 1, 1, 1}, 0, 0}), "'w': 5 dimensions");
  expect_refused(with({"w", {4, 0}, 0, 0}), "'w': its shape");
  expect_refused(with({"w", {uint64_t{1} << 40, uint64_t{1} << 40}, 0, 0}), "'w': its shape");
  expect_refused(with({"w", {4}, 77, 0}), "'w': its type 77 is unknown");
  expect_refused(with({"w", {256}, 11, 0}), "'w': its type Q3_K is not supported");
  expect_refused(with({"w", {33}, 8, 0}), "'w': rows of 33 in blocks of 32");
  expect_refused(with({"w", {4}, 0, 8}), "'w': its offset 8");
  expect_refused(with({"w", {17}, 0, 0}), "'w': its 68 bytes");
  expect_refused(with({"w", {4}, 0, UINT64_MAX - 31}), "'w': its 16 bytes");
  expect_refused(file_of({}, {{"w", {4}, 0, 0}, {"w", {4}, 0, 32}}, 64), "tensor 'w' again");
  expect_refused(file_of({}, {{"a", {9}, 0, 0}, {"b", {4}, 0, 32}}, 64), "'a' and 'b' share bytes");
}

TEST(Gguf, WhatIsWrittenIsReadAgain) {
  const fs::path path =
      fs::path(::testing::TempDir()) / ("twin_gguf." + std::to_string(::getpid()));
  QuietContext context(2);
  GgufMetadata metadata("x");
  metadata.set_text("general.architecture", "llama");
  metadata.set_size("n", 7);
  metadata.set_number("x", 0.5f);
  metadata.set_flag("f", true);
  metadata.set_texts("t", {"a", "", "ccc"});
  metadata.set_integers("i", {-1, 2});
  metadata.set_numbers("s", {1.5f});
  metadata.set_flags("b", {true, false});
  metadata.set_bytes("m", std::string("\0\xff", 2));
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  write_gguf(context, path, metadata,
             {{.name = "h",
               .shape = {2, 3},
               .dtype = DType::kF16,
               .source = {DType::kF32, 2, 3, values.data()}},
              {.name = "f",
               .shape = {6},
               .dtype = DType::kF32,
               .source = {DType::kF32, 1, 6, values.data()}}});
  const GgufFile file(path);
  for (const auto& [key, value] : metadata.values()) {
    ASSERT_TRUE(file.metadata().has(key)) << key;
    EXPECT_EQ(file.metadata().values().at(key).bytes, value.bytes) << key;
  }
  EXPECT_EQ(file.metadata().numbers("m"), (std::vector<double>{0, 255}));
  EXPECT_EQ(file.tensors().at("h").dtype, DType::kF16);
  EXPECT_EQ(file.tensors().at("h").shape, (std::vector<size_t>{2, 3}));
  EXPECT_EQ(std::memcmp(file.tensors().at("f").bytes.data(), values.data(), 24), 0);
  fs::remove(path);
}

TEST(Gguf, PartsOfASplitFileAreOne) {
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("twin_gguf_split." + std::to_string(::getpid()));
  const auto part = [](uint16_t number, const std::string& tensor) {
    return file_of({entry("split.no", GgufType::kUint16, raw(number)),
                    entry("split.count", GgufType::kUint16, raw<uint16_t>(2))},
                   {{tensor, {4}, 0, 0}}, 16);
  };
  write_file_atomic(folder / "m-00001-of-00002.gguf", part(0, "a"));
  EXPECT_THROW(GgufFile(folder / "m-00001-of-00002.gguf"), Error) << "the second is missing";
  write_file_atomic(folder / "m-00002-of-00002.gguf", part(1, "b"));
  EXPECT_EQ(GgufFile(folder / "m-00002-of-00002.gguf").tensors().size(), 2u);
  write_file_atomic(folder / "m-00002-of-00002.gguf", part(1, "a"));
  EXPECT_THROW(GgufFile(folder / "m-00001-of-00002.gguf"), Error);
  write_file_atomic(folder / "m-00002-of-00002.gguf", part(0, "b"));
  EXPECT_THROW(GgufFile(folder / "m-00001-of-00002.gguf"), Error);
  write_file_atomic(folder / "other.gguf", part(0, "a"));
  EXPECT_THROW(GgufFile(folder / "other.gguf"), Error);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace twin
