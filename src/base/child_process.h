#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace twin {

// A program of this machine that runs beside us: started without a shell, in a process group of its
// own (so that Ctrl-C reaches us alone), its standard output read by us, its errors discarded.
// Killed with its group when destroyed; on Linux the program itself also when the thread that
// started it ends in whatever way. Not thread-safe.
class ChildProcess {
 public:
  // Errors: kFailed naming the program if it cannot be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line it writes, without its end; none when it ended or `wait` is over.
  std::optional<std::string> read_line(std::chrono::milliseconds wait);
  int id() const { return pid_; }

 private:
  int pid_ = -1;
  int output_ = -1;
  std::string pending_;
};

// The first executable file of that name in the folders of PATH.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace twin
