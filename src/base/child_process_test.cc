#include "base/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "base/error.h"

namespace twin {
namespace {

using std::chrono::milliseconds;

TEST(ChildProcess, ItsLinesAreReadAndItEndsWithUs) {
  int pid = 0;
  {
    ChildProcess child("/bin/sh", {"-c", "echo one; echo 'two $x'; exec sleep 60"});
    EXPECT_EQ(child.read_line(milliseconds(5000)), "one");
    EXPECT_EQ(child.read_line(milliseconds(5000)), "two $x");
    EXPECT_EQ(child.read_line(milliseconds(10)), std::nullopt);
    pid = child.id();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(ChildProcess, OneThatEndsGivesNoMoreLines) {
  ChildProcess child("/bin/sh", {"-c", "printf unfinished"});
  EXPECT_EQ(child.read_line(milliseconds(5000)), std::nullopt);
}

TEST(ChildProcess, AMissingProgramIsAnError) {
  EXPECT_THROW(ChildProcess("/nowhere/at/all", {}), Error);
  EXPECT_FALSE(find_program("no-program-of-this-name"));
  EXPECT_TRUE(find_program("sh"));
}

}  // namespace
}  // namespace twin
