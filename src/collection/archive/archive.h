#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// Kinds of archive and compressed file, by their first bytes.
enum class ArchiveKind { kNone, kZip, kTar, kGzip, kZstd, kXz, kBzip2, kSevenZip, kRar };

// How many of a file's first bytes archive_kind() looks at.
inline constexpr size_t kArchiveHeadBytes = 512;
ArchiveKind archive_kind(std::string_view head);

struct ArchiveLimits {
  size_t max_members = 500'000;
  uint64_t max_member_bytes = uint64_t{512} << 20;  // unpacked, of one member that is read
  uint64_t max_total_bytes = uint64_t{16} << 30;    // unpacked, of all that is read
  // Unpacked bytes to packed ones of the whole archive. Deflate reaches 1,032 on zeros; writing
  // stays below 20, logs and tables below 100. Counted from `free_bytes` on.
  double max_ratio = 250;
  uint64_t free_bytes = uint64_t{64} << 20;
  int max_nesting = 2;  // archives in archives: a zip in a zip is 1
};

struct ArchiveMember {
  std::string path;  // normalised: UTF-8, '/' between its parts, relative, no "." or ".."
  std::optional<uint64_t> bytes;  // unpacked, as the archive states it; none where it does not say
  bool encrypted = false;
  std::string refused;  // why it is never read: a path that leads out, a link, a second of its name
};

// A zip, tar, tar.gz, tar.zst, tar.xz, tar.bz2 or single compressed file, read by libarchive; never
// writes to disk. Hostile input: every limit holds for what the bytes do, not for what they say. A
// zip is read by its directory, so that what is not asked for costs nothing; one that was cut off
// is read from its beginning as far as it goes. Not thread-safe: one archive, one thread.
//
// Errors, of every call: Refusal{"failed", reason} where the archive (constructor) or the member
// (read, nested) is encrypted, broken, beyond a limit or no archive at all. After a member's
// refusal the others can still be read. Error(kBadInput) where the file cannot be opened.
class Archive {
 public:
  explicit Archive(const std::filesystem::path& file, ArchiveLimits limits = {});
  // The bytes of an archive, kept; `name` is what a single compressed file is called after where it
  // does not say: "notes.txt.gz" holds "notes.txt".
  Archive(std::string bytes, const std::string& name, ArchiveLimits limits = {});
  ~Archive();
  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;

  // In the archive's order, folders left out.
  const std::vector<ArchiveMember>& members() const;
  // Why there may be more that cannot be read; empty for a sound archive.
  const std::string& damage() const;
  // Its index among the members; none where there is no such readable member.
  std::optional<size_t> find(std::string_view path) const;

  // All bytes of a member, at most `max_bytes` and the limits' max_member_bytes. Quick in the order
  // of the members; a step back in a tar reads it from the beginning.
  std::string read(size_t member, uint64_t max_bytes = UINT64_MAX);
  // Its first bytes, fewer only where it is shorter.
  std::string head(size_t member, size_t bytes);
  // Its bytes from front to end, however many: max_member_bytes does not hold. The stream ends
  // where the archive is destroyed or asked for anything else. Errors: of reading it, those above.
  std::unique_ptr<std::istream> stream(size_t member);
  // The archive that a member is. Its members count towards this one's total and ratio.
  Archive nested(size_t member);

 private:
  struct Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace twin
