#include "base/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "base/error.h"

namespace twin {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(100);

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw Error(ErrorCode::kFailed,
              fmt::format("{}: cannot lock: {}", path.string(), std::strerror(errno)));
}

// Whether the open file is still the one that bears the name: another program may have removed it
// between our opening and our locking it.
bool is_current(int fd, const std::filesystem::path& path) {
  struct stat held, named;
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

FileLock::FileLock(const Context& context, const std::filesystem::path& path,
                   const std::function<void()>& on_wait) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  bool told = false;
  while (true) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) fail(path);
    const bool locked = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
    if (locked && is_current(fd_, path)) return;
    const int error = locked ? 0 : errno;
    ::close(std::exchange(fd_, -1));
    if (locked) continue;  // removed meanwhile: lock the new file
    errno = error;
    if (error != EWOULDBLOCK && error != EINTR) fail(path);
    if (!told && on_wait) on_wait();
    told = true;
    stop_if_interrupted(context);
    std::this_thread::sleep_for(kPoll);
  }
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace twin
