#include "base/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  Files()
      : folder_(fs::path(::testing::TempDir()) /
                ("twin_files_test_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(Files, WrittenBytesAreReadBack) {
  const std::string bytes("a\0b\r\n\xff", 6);
  write_file_atomic(folder_ / "new" / "file", bytes);
  EXPECT_EQ(read_file(folder_ / "new" / "file"), bytes);
  EXPECT_EQ(MappedFile(folder_ / "new" / "file").bytes(), bytes);
  write_file_atomic(folder_ / "new" / "file", "");
  EXPECT_EQ(read_file(folder_ / "new" / "file"), "");
  EXPECT_EQ(MappedFile(folder_ / "new" / "file").bytes(), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "new"), {}), 1) << "no neighbour stays";
}

TEST_F(Files, ErrorsNameThePath) {
  try {
    read_file(folder_ / "missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("missing"), std::string::npos);
  }
  EXPECT_THROW(read_file(folder_), Error);
  write_file_atomic(folder_ / "long", "12345");
  EXPECT_EQ(read_file(folder_ / "long", 5), "12345");
  EXPECT_THROW(read_file(folder_ / "long", 4), Error);
  EXPECT_THROW(write_file_atomic(folder_ / "long" / "below a file", "x"), Error);
}

TEST_F(Files, WhatAKilledProcessLeftIsRemoved) {
  // No process has this number: the kernel's limit is below it.
  std::ofstream(folder_ / "file.999999999.tmp") << "half";
  std::ofstream(folder_ / "file.1.tmp") << "of a process that lives";
  write_file_atomic(folder_ / "file", "whole");
  EXPECT_FALSE(fs::exists(folder_ / "file.999999999.tmp"));
  EXPECT_TRUE(fs::exists(folder_ / "file.1.tmp"));
}

TEST_F(Files, FolderKilledBetweenRenamesComesBack) {
  fs::create_directories(folder_ / "model.old");
  std::ofstream(folder_ / "model.old" / "a") << "1";
  fs::create_directories(folder_ / "model.tmp");
  { AtomicFolder next(folder_ / "model"); }
  EXPECT_EQ(read_file(folder_ / "model" / "a"), "1");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, FolderAppearsWholeOrNotAtAll) {
  {
    AtomicFolder abandoned(folder_ / "model");
    write_file_atomic(abandoned.building() / "config.json", "{}");
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  AtomicFolder first(folder_ / "model");
  write_file_atomic(first.building() / "a", "1");
  first.commit();
  AtomicFolder second(folder_ / "model");
  write_file_atomic(second.building() / "b", "2");
  EXPECT_EQ(read_file(folder_ / "model" / "a"), "1");
  second.commit();
  EXPECT_EQ(read_file(folder_ / "model" / "b"), "2");
  EXPECT_FALSE(fs::exists(folder_ / "model" / "a"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, StreamedFileIsThereOnceCommittedAndLeavesNothingElse) {
  {
    AtomicFile given_up(folder_ / "a");
    given_up.append("half");
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  AtomicFile file(folder_ / "a");
  file.append("one ");
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  file.append("two");
  EXPECT_EQ(file.size(), 7u);
  file.commit();
  EXPECT_EQ(read_file(folder_ / "a"), "one two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  EXPECT_THROW(file.append("more"), Bug);
}

}  // namespace
}  // namespace twin
