#include "collection/web/linkedin.h"

namespace twin {
namespace {

constexpr const char* kReason =
    "LinkedIn's pages refuse crawlers; its official export has all you wrote: Settings & Privacy > "
    "Data privacy > Get a copy of your data, then `twin collect` the zip that LinkedIn sends";

class LinkedIn : public WebSource {
 public:
  std::string_view name() const override { return "linkedin"; }
  bool takes(const Url& url) const override {
    return url.within("linkedin.com") || url.host() == "lnkd.in";
  }
  PageReading read(const FetchedPage&, LinkKind, const Author&) const override {
    throw Refusal{"skipped", kReason};
  }
  std::vector<FoundLink> begin(const Url&) const override { throw Refusal{"skipped", kReason}; }
};

}  // namespace

std::unique_ptr<WebSource> make_linkedin() { return std::make_unique<LinkedIn>(); }

}  // namespace twin
