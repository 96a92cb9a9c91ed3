#include <cstdint>

#include "base/error.h"
#include "collection/archive/archive.h"
#include "collection/collector.h"
#include "text/unicode.h"

// Any bytes are an archive of members with sound paths, each of which is read within its limit or
// refused, or no archive.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  twin::ArchiveLimits limits;
  limits.max_members = 100;
  limits.max_member_bytes = 1 << 20;
  limits.max_total_bytes = 8 << 20;
  limits.free_bytes = 1 << 20;
  try {
    twin::Archive archive({reinterpret_cast<const char*>(data), size}, "x", limits);
    for (size_t i = archive.members().size(); i-- > 0;) {
      const twin::ArchiveMember& member = archive.members()[i];
      TWIN_CHECK(twin::is_valid_utf8(member.path));
      if (member.refused.empty()) {
        TWIN_CHECK(!member.path.empty() && !member.path.starts_with('/'));
        TWIN_CHECK(("/" + member.path + "/").find("/../") == std::string::npos);
      }
      try {
        TWIN_CHECK(archive.read(i).size() <= limits.max_member_bytes);
        TWIN_CHECK(archive.head(i, 10).size() <= 10);
        archive.nested(i);
      } catch (const twin::Refusal& refusal) {
        TWIN_CHECK(!refusal.reason.empty());
      }
    }
  } catch (const twin::Refusal& refusal) {
    TWIN_CHECK(!refusal.reason.empty());
  }
  return 0;
}
