#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class FileDescriptor {
 public:
  FileDescriptor(const fs::path& path, int flags, mode_t mode = 0644)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void throw_errno(ErrorCode code, const fs::path& path, std::string_view doing) {
  throw Error(code, fmt::format("{}: cannot {}: {}", path.string(), doing, std::strerror(errno)));
}

// What is written does not fit where it is to lie, or another thing went wrong with it.
[[noreturn]] void throw_write_error(const fs::path& path) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  throw_errno(full ? ErrorCode::kDoesNotFit : ErrorCode::kFailed, path, "write");
}

uint64_t regular_file_size(const FileDescriptor& file, const fs::path& path) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw_errno(ErrorCode::kBadInput, path, "read");
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: not a regular file", path.string()));
  }
  return static_cast<uint64_t>(status.st_size);
}

// Makes a rename or a new name in `folder` survive a power cut.
void sync_folder(const fs::path& folder) {
  FileDescriptor handle(folder.empty() ? fs::path(".") : folder, O_RDONLY);
  if (handle.is_open()) ::fsync(handle.get());
}

void write_all(int file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_write_error(path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void create_folders(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kFailed,
                fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
  }
}

// Removes what killed processes left behind of the file: see neighbour_of.
void remove_abandoned(const fs::path& path) {
  const std::string prefix = path.filename().string() + '.';
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(".tmp")) continue;
    const pid_t process = std::atoi(name.c_str() + prefix.size());
    const bool dead = process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
    if (dead) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

std::string read_file(const fs::path& path, uint64_t limit) {
  FileDescriptor file(path, O_RDONLY);
  if (!file.is_open()) throw_errno(ErrorCode::kBadInput, path, "open");
  const uint64_t size = regular_file_size(file, path);
  if (size > limit) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: {} bytes, more than the limit of {}", path.string(), size, limit));
  }
  std::string bytes(size, '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + got, bytes.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno(ErrorCode::kBadInput, path, "read");
    if (count == 0) break;  // it shrank meanwhile
    got += static_cast<size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

fs::path neighbour_of(const fs::path& path) {
  static std::atomic<unsigned> made = 0;
  return path.string() + fmt::format(".{}.{}.tmp", ::getpid(), made++);
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.append(bytes);
  file.commit();
}

void overwrite_file(const fs::path& path, uint64_t offset, std::string_view bytes) {
  FileDescriptor file(path, O_WRONLY);
  if (!file.is_open()) throw_errno(ErrorCode::kFailed, path, "open");
  if (::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) throw_write_error(path);
  write_all(file.get(), bytes, path);
  if (::fsync(file.get()) != 0) throw_write_error(path);
}

AtomicFile::AtomicFile(fs::path target)
    : target_(std::move(target)), neighbour_(neighbour_of(target_)) {
  create_folders(target_.parent_path());
  fd_ = ::open(neighbour_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) throw_errno(ErrorCode::kFailed, neighbour_, "create");
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  std::error_code ignored;
  fs::remove(neighbour_, ignored);
}

void AtomicFile::append(std::string_view bytes) {
  TWIN_CHECK(fd_ >= 0, "append after commit");
  write_all(fd_, bytes, neighbour_);
  size_ += bytes.size();
}

void AtomicFile::commit() {
  TWIN_CHECK(fd_ >= 0, "commit twice");
  if (::fsync(fd_) != 0) throw_write_error(neighbour_);
  if (::rename(neighbour_.c_str(), target_.c_str()) != 0) {
    throw_errno(ErrorCode::kFailed, target_, "replace");
  }
  ::close(std::exchange(fd_, -1));
  sync_folder(target_.parent_path());
  remove_abandoned(target_);
}

AtomicFolder::AtomicFolder(fs::path target)
    : target_(std::move(target)), building_(target_.string() + ".tmp") {
  // Killed between commit()'s two renames: the old folder is still whole.
  const fs::path old = target_.string() + ".old";
  if (!fs::exists(target_) && fs::exists(old)) fs::rename(old, target_);
  fs::remove_all(old);
  fs::remove_all(building_);
  create_folders(building_);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  fs::remove_all(building_, ignored);
}

void AtomicFolder::commit() {
  const fs::path old = target_.string() + ".old";
  std::error_code error;
  fs::remove_all(old, error);
  if (fs::exists(target_)) fs::rename(target_, old, error);
  if (!error) fs::rename(building_, target_, error);
  if (error) {
    throw Error(ErrorCode::kFailed, fmt::format("{}: cannot replace the folder: {}",
                                                target_.string(), error.message()));
  }
  sync_folder(target_.parent_path());
  fs::remove_all(old, error);
}

MappedFile::MappedFile(const fs::path& path) {
  FileDescriptor file(path, O_RDONLY);
  if (!file.is_open()) throw_errno(ErrorCode::kBadInput, path, "open");
  size_ = regular_file_size(file, path);
  if (size_ == 0) return;
  void* map = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (map == MAP_FAILED) throw_errno(ErrorCode::kBadInput, path, "map");
  data_ = static_cast<const char*>(map);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

void MappedFile::prefetch() const {
  if (data_ != nullptr) ::madvise(const_cast<char*>(data_), size_, MADV_WILLNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

}  // namespace twin
