#pragma once

#include <memory>

#include "collection/web/blog.h"

namespace twin {

std::unique_ptr<Blog> make_blogger();

}  // namespace twin
