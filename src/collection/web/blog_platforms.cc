#include "collection/web/blogger.h"
#include "collection/web/dev_to.h"
#include "collection/web/ghost.h"
#include "collection/web/hashnode.h"
#include "collection/web/medium.h"
#include "collection/web/substack.h"
#include "collection/web/wordpress.h"

namespace twin {

BlogPlatforms make_blog_platforms() {
  BlogPlatforms platforms;
  platforms.push_back(make_medium());
  platforms.push_back(make_substack());
  platforms.push_back(make_dev_to());
  platforms.push_back(make_hashnode());
  platforms.push_back(make_wordpress());
  platforms.push_back(make_ghost());
  platforms.push_back(make_blogger());
  return platforms;
}

}  // namespace twin
