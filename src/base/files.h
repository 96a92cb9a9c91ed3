#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace twin {

// Reads a whole file. Errors: kBadInput naming the path if it cannot be read or is longer than
// `limit` bytes.
std::string read_file(const std::filesystem::path& path, uint64_t limit = uint64_t{4} << 30);

// A name beside `path` that no other thread or process writes to, to be renamed to it:
// NAME.PROCESS.COUNT.tmp. Thread-safe.
std::filesystem::path neighbour_of(const std::filesystem::path& path);

// Replaces a file so that after a crash at any moment it holds either the old bytes or the new:
// writes a neighbour, syncs it, renames it over the target and syncs the folder. Creates the
// folders on the way. Errors: kDoesNotFit where the disk, a quota or a limit is full, else kFailed,
// naming the path.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

// The same for a file too large to hold: append() as its bytes are made, then commit(). Never
// committed: nothing is left of it. Errors: the same.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void append(std::string_view bytes);
  uint64_t size() const { return size_; }
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path neighbour_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

// The same for a whole folder: fill `building()`, then commit() moves it to its place, replacing
// what was there. Never committed: the half-made folder is removed.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::filesystem::path target);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  const std::filesystem::path& building() const { return building_; }
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path building_;
};

// Replaces bytes of a file that nobody else reads yet, where they stand, and syncs it. Errors: as
// write_file_atomic().
void overwrite_file(const std::filesystem::path& path, uint64_t offset, std::string_view bytes);

// A read-only memory map of a whole file; unmapped when destroyed. bytes() is valid until then.
// Errors: kBadInput if the file cannot be opened or mapped.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  std::string_view bytes() const { return {data_, size_}; }
  // Asks for the whole file to be read in from now on, in the background.
  void prefetch() const;

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace twin
