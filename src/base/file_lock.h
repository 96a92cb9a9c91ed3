#pragma once

#include <filesystem>
#include <functional>

#include "base/context.h"

namespace twin {

// Holds an exclusive lock (flock) on a file, made with its folders where missing, until destroyed
// or until the process ends in whatever way. Waits for another holder; `on_wait`, where set, is
// called once before waiting. The file stays. Errors: kFailed naming the path; kInterrupted.
class FileLock {
 public:
  FileLock(const Context& context, const std::filesystem::path& path,
           const std::function<void()>& on_wait = {});
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace twin
