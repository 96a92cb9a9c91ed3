#include "base/append_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kPiece = 1 << 20;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view doing) {
  const ErrorCode code =
      errno == ENOSPC || errno == EDQUOT ? ErrorCode::kDoesNotFit : ErrorCode::kFailed;
  throw Error(code, fmt::format("{}: cannot {}: {}", path.string(), doing, std::strerror(errno)));
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  std::filesystem::create_directories(path_.parent_path(), ignored);
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) fail(path_, "open");
  struct stat status;
  if (::fstat(fd_, &status) != 0) fail(path_, "read");
  size_ = static_cast<uint64_t>(status.st_size);
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}

void AppendFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
    size_ += static_cast<uint64_t>(written);
  }
}

void AppendFile::truncate(uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) fail(path_, "cut");
  size_ = size;
}

void AppendFile::read(const std::function<void(std::string_view)>& piece) const {
  std::string buffer(kPiece, '\0');
  uint64_t at = 0;
  while (at < size_) {
    const ssize_t count = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path_, "read");
    if (count == 0) break;  // it shrank meanwhile
    piece(std::string_view(buffer).substr(0, static_cast<size_t>(count)));
    at += static_cast<uint64_t>(count);
  }
}

void AppendFile::finish(const std::filesystem::path& name) {
  if (::fsync(fd_) != 0) fail(path_, "write");
  if (::rename(path_.c_str(), name.c_str()) != 0) fail(path_, "rename");
  const int folder = ::open(name.parent_path().c_str(), O_RDONLY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  path_ = name;
}

}  // namespace twin
