#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

// Small archives made by libarchive, for tests.
namespace twin {

using TestMembers = std::vector<std::pair<std::string, std::string>>;

struct TestArchiveOptions {
  int format = ARCHIVE_FORMAT_ZIP;
  int filter = ARCHIVE_FILTER_NONE;
  std::string passphrase = {};  // encrypts every member of a zip
};

inline std::string make_archive(const TestMembers& members,
                                const TestArchiveOptions& options = {}) {
  archive* writer = archive_write_new();
  archive_write_set_format(writer, options.format);
  archive_write_add_filter(writer, options.filter);
  archive_write_set_bytes_in_last_block(writer, 1);
  if (!options.passphrase.empty()) {
    archive_write_set_options(writer, "zip:encryption=aes256");
    archive_write_set_passphrase(writer, options.passphrase.c_str());
  }
  size_t all = 1 << 16;
  for (const auto& [name, bytes] : members) all += bytes.size() + 2 * name.size() + 4096;
  std::string packed(all, '\0');
  size_t used = 0;
  TWIN_CHECK(archive_write_open_memory(writer, packed.data(), packed.size(), &used) == ARCHIVE_OK);
  for (const auto& [name, bytes] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    TWIN_CHECK(archive_write_header(writer, entry) >= ARCHIVE_WARN, archive_error_string(writer));
    if (!bytes.empty()) archive_write_data(writer, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  TWIN_CHECK(archive_write_close(writer) == ARCHIVE_OK, archive_error_string(writer));
  archive_write_free(writer);
  packed.resize(used);
  return packed;
}

}  // namespace twin
