#pragma once

#include <string_view>

namespace twin {

// What a link of a blog leads to, as far as its path says.
enum class PathKind {
  kPost,     // "/2024/05/kiln/", "/p/kiln", "/posts/kiln", "/@ada/kiln-0a1b2c3d4e5f", "/?p=117"
  kMaybe,    // may be a post or any other page: "/kiln-notes/", "/kiln.html"
  kListing,  // lists posts: "/", "/blog/", "/archive", "/2024/05/", "/page/2"
  kOther     // tags, categories, authors, log-in, shops, images, feeds, "/about"
};

// `link` is an absolute http or https URL.
PathKind path_kind(std::string_view link);

}  // namespace twin
