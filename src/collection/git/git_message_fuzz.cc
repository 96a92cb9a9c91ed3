#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "collection/git/git_link.h"
#include "collection/git/git_message.h"
#include "collection/git/github_api.h"

// What a repository and GitHub's API say: any bytes are read as a message, as a remote's URL and as
// a list of repositories. A message's text is made of its own lines.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const twin::GitMessage message = twin::read_git_message(bytes);
  for (size_t at = 0; at < message.text.size();) {
    const size_t end = message.text.find('\n', at);
    if (bytes.find(std::string_view(message.text).substr(at, end - at)) == bytes.npos) std::abort();
    at = end + 1;
  }
  twin::generated_message_reason(message, 1, {std::string(bytes)});
  twin::read_remote_url(bytes);
  if (const auto link = twin::read_git_link(bytes)) link->file_link("main", bytes);
  try {
    twin::read_github_repositories(bytes, "github.com");
  } catch (const twin::Error&) {
  }
  return 0;
}
