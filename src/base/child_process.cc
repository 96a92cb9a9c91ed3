#include "base/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kMaxLine = 64 << 10;

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments) {
  const auto fail = [&] {
    return Error(ErrorCode::kFailed,
                 fmt::format("{}: cannot be started: {}", program.string(), std::strerror(errno)));
  };
  if (::access(program.c_str(), X_OK) != 0) throw fail();
  const std::string name = program.string();
  std::vector<char*> argv = {const_cast<char*>(name.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe(ends) != 0) throw fail();
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {  // from here on only what is safe after a fork
    ::setpgid(0, 0);
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
#endif
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    ::close(ends[1]);
    ::execv(name.c_str(), argv.data());
    ::_exit(127);
  }
  static_cast<void>(parent);
  ::close(ends[1]);
  ::close(nothing);
  output_ = ends[0];
  if (pid_ < 0) {
    ::close(output_);
    throw fail();
  }
  ::setpgid(pid_, pid_);  // whichever of the two comes first
}

ChildProcess::~ChildProcess() {
  ::kill(-pid_, SIGKILL);
  ::close(output_);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

std::optional<std::string> ChildProcess::read_line(std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    if (const size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || pending_.size() > kMaxLine) return std::nullopt;
    pollfd ready{output_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
      return std::nullopt;
    if (ready.revents == 0) continue;
    char bytes[4096];
    const ssize_t count = ::read(output_, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    pending_.append(bytes, static_cast<size_t>(count));
  }
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    const std::filesystem::path found = std::filesystem::path(folders.substr(0, end)) / name;
    folders.erase(0, end + 1);
    if (found.is_absolute() && ::access(found.c_str(), X_OK) == 0) return found;
  }
  return std::nullopt;
}

}  // namespace twin
