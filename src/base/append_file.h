#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace twin {

// A file that grows at its end and survives a kill with what was written: a download on its way.
// Makes the file, with its folders, where missing. Errors: kFailed naming the path; kDoesNotFit
// where the disk is full.
class AppendFile {
 public:
  explicit AppendFile(std::filesystem::path path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  uint64_t size() const { return size_; }
  void append(std::string_view bytes);
  void truncate(uint64_t size);
  // Everything there is, from the start, in pieces.
  void read(const std::function<void(std::string_view)>& piece) const;
  // Makes what was written safe from a power cut and gives the file its final name.
  void finish(const std::filesystem::path& name);

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace twin
