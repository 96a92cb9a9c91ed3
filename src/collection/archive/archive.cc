#include "collection/archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/error.h"
#include "base/progress.h"
#include "collection/archive/member_path.h"
#include "collection/collector.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlockBytes = 1 << 16;

[[noreturn]] void fail(std::string reason) { throw Refusal{"failed", std::move(reason)}; }

std::string size_text(uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

// libarchive turns names into the charset of the thread's locale; ours is always UTF-8.
class Utf8Locale {
 public:
  Utf8Locale() {
    for (const char* name : {"C.UTF-8", "en_US.UTF-8", "UTF-8"}) {
      locale_ = newlocale(LC_CTYPE_MASK, name, kNone);
      if (locale_ != kNone) break;
    }
  }
  ~Utf8Locale() {
    if (locale_ != kNone) freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

  // The thread has it as long as this lives.
  class Use {
   public:
    explicit Use(const Utf8Locale& utf8)
        : before_(uselocale(utf8.locale_ == kNone ? LC_GLOBAL_LOCALE : utf8.locale_)) {}
    ~Use() { uselocale(before_); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    locale_t before_;
  };

 private:
  inline static const locale_t kNone = static_cast<locale_t>(nullptr);
  locale_t locale_ = kNone;
};

// What all archives of one file have unpacked so far, those in it included.
struct Budget {
  uint64_t packed = 0;  // bytes of the outermost file
  uint64_t unpacked = 0;
};

struct ReaderDeleter {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, ReaderDeleter>;

std::string message_of(archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? "no reason given" : text;
}

}  // namespace

ArchiveKind archive_kind(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("PK\3\4"sv) || head.starts_with("PK\5\6"sv)) return ArchiveKind::kZip;
  if (head.starts_with("\x1f\x8b"sv)) return ArchiveKind::kGzip;
  if (head.starts_with("\x28\xb5\x2f\xfd"sv)) return ArchiveKind::kZstd;
  if (head.starts_with("\xfd"
                       "7zXZ\0"sv)) {
    return ArchiveKind::kXz;
  }
  if (head.starts_with("BZh"sv) && head.size() > 9 && head.substr(4, 6) == "1AY&SY"sv) {
    return ArchiveKind::kBzip2;
  }
  if (head.starts_with("7z\xbc\xaf\x27\x1c"sv)) return ArchiveKind::kSevenZip;
  if (head.starts_with("Rar!\x1a\x07"sv)) return ArchiveKind::kRar;
  if (head.size() > 262 && head.substr(257, 5) == "ustar"sv) return ArchiveKind::kTar;
  return ArchiveKind::kNone;
}

struct Archive::Impl {
  Impl(fs::path file_, std::string bytes_, std::string name_, ArchiveLimits limits_,
       std::shared_ptr<Budget> budget_, int nesting_)
      : file(std::move(file_)),
        bytes(std::move(bytes_)),
        name(std::move(name_)),
        limits(limits_),
        budget(std::move(budget_)),
        nesting(nesting_) {
    const Utf8Locale::Use use(utf8);
    std::error_code error;
    packed = file.empty() ? bytes.size() : fs::file_size(file, error);
    if (budget->packed == 0) budget->packed = packed;
    find_kind();
    list();
  }

  Utf8Locale utf8;
  fs::path file;  // empty: `bytes` are the archive
  std::string bytes;
  std::string name;
  ArchiveLimits limits;
  std::shared_ptr<Budget> budget;
  int nesting;

  uint64_t packed = 0;
  ArchiveKind kind = ArchiveKind::kNone;
  bool empty_zip = false;     // nothing but the directory's end
  bool by_directory = false;  // a zip whose directory is there: skipping a member reads nothing
  std::vector<ArchiveMember> members;
  std::unordered_map<std::string, size_t> by_path;
  std::vector<size_t> entry_of;  // the member's number among all entries, folders included
  std::string damage;

  Reader reader;
  archive_entry* entry = nullptr;
  size_t next_entry = 0;  // the number of the entry that the next header is of
  uint64_t passed = 0;    // bytes unpacked to get over entries since open()
  uint64_t given = 0;     // bytes of the member that next_block() gave

  void find_kind() {
    std::string head = bytes.substr(0, kArchiveHeadBytes);
    if (!file.empty()) head = read_head();
    kind = archive_kind(head);
    empty_zip = head.starts_with("PK\5\6");
    if (kind == ArchiveKind::kSevenZip || kind == ArchiveKind::kRar) {
      fail(fmt::format("a {} archive, which is not read; unpack it and collect its folder",
                       kind == ArchiveKind::kRar ? "RAR" : "7z"));
    }
    if (kind == ArchiveKind::kNone) fail("no zip, tar, gzip, zstd, xz or bzip2 file");
  }

  std::string read_head() const {
    std::string head(kArchiveHeadBytes, '\0');
    FILE* stream = std::fopen(file.c_str(), "rb");
    if (stream == nullptr) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: cannot be read", file.string()));
    }
    head.resize(std::fread(head.data(), 1, head.size(), stream));
    std::fclose(stream);
    return head;
  }

  // Starts over, before the first entry. False where the bytes are not of the format.
  bool open() {
    reader.reset(archive_read_new());
    if (kind == ArchiveKind::kZip) {
      if (by_directory) {
        archive_read_support_format_zip_seekable(reader.get());
      } else {
        archive_read_support_format_zip_streamable(reader.get());
      }
    } else {
      archive_read_support_filter_gzip(reader.get());
      archive_read_support_filter_zstd(reader.get());
      archive_read_support_filter_xz(reader.get());
      archive_read_support_filter_bzip2(reader.get());
      archive_read_support_format_tar(reader.get());
      archive_read_support_format_empty(reader.get());
      if (kind != ArchiveKind::kTar) archive_read_support_format_raw(reader.get());
    }
    next_entry = 0;
    passed = 0;
    const int status = file.empty()
                           ? archive_read_open_memory(reader.get(), bytes.data(), bytes.size())
                           : archive_read_open_filename(reader.get(), file.c_str(), kBlockBytes);
    return status == ARCHIVE_OK;
  }

  int next_header() {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_OK || status == ARCHIVE_WARN) ++next_entry;
    return status;
  }

  void check_ratio(uint64_t unpacked) const {
    const double allowed = limits.max_ratio * static_cast<double>(budget->packed);
    if (unpacked > limits.free_bytes && static_cast<double>(unpacked) > allowed) {
      fail(fmt::format("unpacks to more than {:.0f} times its {}, as a decompression bomb does",
                       limits.max_ratio, size_text(budget->packed)));
    }
    if (unpacked > limits.max_total_bytes) {
      fail(fmt::format("unpacks to more than {}; unpack it and collect its folder",
                       size_text(limits.max_total_bytes)));
    }
  }

  // Goes over the current entry's data without keeping it. False where it breaks off.
  bool skip_data() {
    if (by_directory) return archive_read_data_skip(reader.get()) == ARCHIVE_OK;
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    for (;;) {
      const int status = archive_read_data_block(reader.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) return true;
      if (status != ARCHIVE_OK) return false;
      passed += size;
      check_ratio(kind == ArchiveKind::kZip
                      ? passed
                      : static_cast<uint64_t>(archive_filter_bytes(reader.get(), 0)));
    }
  }

  ArchiveMember describe() {
    ArchiveMember member;
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) path = archive_entry_pathname_utf8(entry);
    member.path = path == nullptr ? "" : path;
    if (archive_format(reader.get()) == ARCHIVE_FORMAT_RAW && member.path == "data") {
      member.path = fs::path(name).stem().string();
    }
    if (archive_entry_size_is_set(entry) != 0) {
      member.bytes = static_cast<uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
    }
    member.encrypted = archive_entry_is_encrypted(entry) != 0;
    if (archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry) != nullptr) {
      member.refused = "a link to another file, which is not followed";
    } else if (archive_entry_filetype(entry) != AE_IFREG && archive_entry_filetype(entry) != 0) {
      member.refused = "not a regular file";
    }
    return member;
  }

  void list() {
    by_directory = kind == ArchiveKind::kZip;
    if (by_directory && empty_zip) return;
    bool opened = open();
    int status = opened ? next_header() : ARCHIVE_FATAL;
    if (by_directory && status != ARCHIVE_OK && status != ARCHIVE_WARN && status != ARCHIVE_EOF) {
      by_directory = false;
      damage = "cut off: its directory is missing";
      opened = open();
      status = opened ? next_header() : ARCHIVE_FATAL;
    }
    if (!opened) fail(fmt::format("broken: {}", message_of(reader.get())));
    uint64_t stated = 0;
    for (;; status = next_header()) {
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        damage =
            fmt::format("broken after {} members: {}", members.size(), message_of(reader.get()));
        break;
      }
      if (next_entry > limits.max_members) {
        fail(fmt::format("holds more than {} members", limits.max_members));
      }
      if (archive_entry_filetype(entry) != AE_IFDIR) {
        members.push_back(describe());
        entry_of.push_back(next_entry - 1);
        if (by_directory) stated += members.back().bytes.value_or(0);
      }
      if (by_directory) {
        check_stated(stated);
      } else if (!skip_data()) {
        if (members.empty() || !members.back().encrypted) {
          damage = fmt::format("broken in {}: {}",
                               members.empty() ? std::string("a folder") : members.back().path,
                               message_of(reader.get()));
        }
        if (kind != ArchiveKind::kZip) break;
      }
    }
    reader.reset();
    if (members.empty() && !damage.empty()) fail(damage);
    name_members();
  }

  // A directory may state what it likes; what it states above the limits is refused unread. Large
  // members that are never read (films) are no reason.
  void check_stated(uint64_t stated) const {
    const double allowed = limits.max_ratio * static_cast<double>(budget->packed);
    if (stated > limits.free_bytes && static_cast<double>(stated) > allowed) check_ratio(stated);
  }

  void name_members() {
    std::vector<std::string> names;
    names.reserve(members.size());
    for (const ArchiveMember& member : members) names.push_back(member.path);
    names = decode_member_names(names);
    for (size_t i = 0; i < members.size(); ++i) {
      ArchiveMember& member = members[i];
      MemberPath path = normalise_member_path(names[i]);
      member.path = std::move(path.path);
      if (!path.refused.empty()) member.refused = std::move(path.refused);
      if (!member.refused.empty()) continue;
      if (!by_path.emplace(member.path, i).second) {
        member.refused = "a second member of that name";
      }
    }
  }

  // Makes `entry` the member's, its data unread.
  void go_to(size_t member) {
    const size_t wanted = entry_of[member];
    if (reader == nullptr || next_entry > wanted) {
      if (!open()) fail(fmt::format("broken: {}", message_of(reader.get())));
    }
    while (next_entry <= wanted) {
      const int status = next_header();
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        const std::string reason = message_of(reader.get());
        reader.reset();
        fail(fmt::format("broken: {}", reason));
      }
      if (next_entry <= wanted) skip_data();
    }
  }

  const ArchiveMember& readable(size_t index) const {
    TWIN_CHECK(index < members.size());
    const ArchiveMember& member = members[index];
    if (!member.refused.empty()) fail(member.refused);
    if (member.encrypted) {
      fail("encrypted; unpack the archive with its password and collect the folder");
    }
    return member;
  }

  // Makes next_block() give the member's bytes.
  void begin(size_t index) {
    const Utf8Locale::Use use(utf8);
    readable(index);
    go_to(index);
    given = 0;
  }

  // Valid until the next call; empty at the end.
  std::string_view next_block() {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    int status;
    do {
      status = archive_read_data_block(reader.get(), &block, &size, &offset);
    } while (status == ARCHIVE_OK && size == 0);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) fail(fmt::format("broken: {}", message_of(reader.get())));
    if (static_cast<uint64_t>(offset) != given) fail("broken: its blocks do not join");
    given += size;
    budget->unpacked += size;
    check_ratio(budget->unpacked);
    return {static_cast<const char*>(block), size};
  }

  // The member's bytes: all of them, or the first `enough`.
  std::string read(size_t index, uint64_t max_bytes, size_t enough = SIZE_MAX) {
    const Utf8Locale::Use use(utf8);
    const ArchiveMember& member = readable(index);
    max_bytes = std::min(max_bytes, limits.max_member_bytes);
    const auto check_size = [&](uint64_t size) {
      if (enough == SIZE_MAX && size > max_bytes) {
        fail(fmt::format("{}, more than the limit of {}", size_text(size), size_text(max_bytes)));
      }
    };
    check_size(member.bytes.value_or(0));
    go_to(index);
    std::string data;
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    int status = ARCHIVE_OK;
    try {
      while (data.size() < enough && (status = archive_read_data_block(reader.get(), &block, &size,
                                                                       &offset)) == ARCHIVE_OK) {
        const auto begin = static_cast<uint64_t>(offset);
        check_size(begin + size);
        if (begin < data.size()) fail("broken: its blocks overlap");
        if (begin >= enough) break;  // a hole of a sparse file, as far as it is wanted
        budget->unpacked += begin - data.size() + size;
        check_ratio(budget->unpacked);
        data.resize(begin, '\0');  // the hole of a sparse file
        data.append(static_cast<const char*>(block), size);
      }
    } catch (const Refusal&) {
      reader.reset();
      throw;
    }
    if (status != ARCHIVE_OK && status != ARCHIVE_EOF) {
      const std::string reason = message_of(reader.get());
      reader.reset();
      fail(fmt::format("broken: {}", reason));
    }
    if (data.size() > enough || (status == ARCHIVE_OK && enough != SIZE_MAX)) data.resize(enough);
    return data;
  }
};

namespace {

// Throws what next_block() throws, where an istream would keep it to itself.
class MemberStream : public std::istream {
 public:
  // Gives the member's bytes block by block; an empty one at its end.
  using NextBlock = std::function<std::string_view()>;

  explicit MemberStream(NextBlock next_block)
      : std::istream(nullptr), buffer_(std::move(next_block)) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);
  }

 private:
  class Buffer : public std::streambuf {
   public:
    explicit Buffer(NextBlock next_block) : next_block_(std::move(next_block)) {}

   protected:
    int_type underflow() override {
      const std::string_view block = next_block_();
      if (block.empty()) return traits_type::eof();
      char* const begin = const_cast<char*>(block.data());  // an istream only reads it
      setg(begin, begin, begin + block.size());
      return traits_type::to_int_type(*begin);
    }

   private:
    NextBlock next_block_;
  };

  Buffer buffer_;
};

}  // namespace

Archive::Archive(const fs::path& file, ArchiveLimits limits)
    : impl_(std::make_unique<Impl>(file, "", file.filename().string(), limits,
                                   std::make_shared<Budget>(), 0)) {}

Archive::Archive(std::string bytes, const std::string& name, ArchiveLimits limits)
    : impl_(std::make_unique<Impl>("", std::move(bytes), name, limits, std::make_shared<Budget>(),
                                   0)) {}

Archive::Archive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Archive::~Archive() = default;
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;

const std::vector<ArchiveMember>& Archive::members() const { return impl_->members; }
const std::string& Archive::damage() const { return impl_->damage; }

std::optional<size_t> Archive::find(std::string_view path) const {
  const auto found = impl_->by_path.find(std::string(path));
  if (found == impl_->by_path.end()) return {};
  return found->second;
}

std::string Archive::read(size_t member, uint64_t max_bytes) {
  return impl_->read(member, max_bytes);
}

std::string Archive::head(size_t member, size_t bytes) {
  return impl_->read(member, UINT64_MAX, bytes);
}

std::unique_ptr<std::istream> Archive::stream(size_t member) {
  impl_->begin(member);
  return std::make_unique<MemberStream>([impl = impl_.get()] { return impl->next_block(); });
}

Archive Archive::nested(size_t member) {
  if (impl_->nesting >= impl_->limits.max_nesting) {
    fail(fmt::format("an archive {} levels deep in archives; unpack it and collect its folder",
                     impl_->nesting + 1));
  }
  std::string bytes = impl_->read(member, UINT64_MAX);
  const std::string name = fs::path(impl_->members[member].path).filename().string();
  return Archive(std::make_unique<Impl>("", std::move(bytes), name, impl_->limits, impl_->budget,
                                        impl_->nesting + 1));
}

}  // namespace twin
