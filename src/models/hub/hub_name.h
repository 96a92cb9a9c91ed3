#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twin {

// A model on the hub, as people write it: OWNER/NAME[:FILE][@REVISION]. FILE is a file's path, a
// pattern with * and ?, or a quantisation ("Q8_0"): see pick_files.
struct HubName {
  std::string owner;
  std::string name;
  std::string file;               // empty: what the engine needs
  std::string revision = "main";  // a branch, a tag or a commit

  std::string repository() const { return owner + '/' + name; }
  std::string shown() const;  // OWNER/NAME[:FILE]
};

// nullopt where `text` has not the form of a hub name (a path with more or fewer parts, say).
std::optional<HubName> parse_hub_name(std::string_view text);

// Whether a name that a server sent can be a file's path below a folder of ours: relative, no
// empty,
// "." or ".." part, no backslash or control character, parts of up to 255 bytes.
bool is_safe_path(std::string_view path);

// Whether `text` is `length` lower-case hexadecimal digits.
bool is_hex(std::string_view text, size_t length);

}  // namespace twin
