#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/document.h"
#include "text/front_matter.h"

namespace twin {

// The folder of a site that Hugo or Jekyll makes: what in it is the author's writing, and what
// becomes of it on the web.
class SiteFolder {
 public:
  enum class Generator { kJekyll, kHugo };

  // Hugo: hugo.toml, hugo.yaml, hugo.json, or config.* beside a folder content/. Jekyll:
  // _config.yml, _config.yaml, _config.toml, or a folder _posts/. None for another folder. A
  // configuration that cannot be read counts as empty: `configuration_error` says why.
  static std::optional<SiteFolder> recognise(const std::filesystem::path& folder);

  Generator generator() const { return generator_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& configuration() const { return configuration_; }  // may be empty
  const std::string& configuration_error() const { return configuration_error_; }

  // Why a folder or file of the site is not its writing, empty if it is. `path` is below folder();
  // a folder so refused is not entered.
  std::string refusal_of_folder(const std::filesystem::path& path) const;
  std::string refusal_of_file(const std::filesystem::path& path) const;
  // Why a page that was read is not published writing, empty if it is: drafts, published: false,
  // and files without front matter, which the generator copies as they are.
  std::string refusal_of_page(const std::filesystem::path& path, const FrontMatter& front) const;

  // The page's address on the web, where the configuration knows the site's own; else empty.
  // Source: gohugo.io/content-management/urls, jekyllrb.com/docs/permalinks.
  std::string link_of(const std::filesystem::path& path, const RawDocument& page,
                      const FrontMatter& front) const;
  // Who wrote it as front matter says, keys of Jekyll's _data/authors.yml as their names.
  std::vector<std::string> bylines_of(const FrontMatter& front) const;

 private:
  using Values = std::map<std::string, std::vector<std::string>>;

  void read_configuration();
  std::string setting(const std::string& key) const;
  bool has(const std::string& key, const std::string& value) const;
  std::filesystem::path relative(const std::filesystem::path& path) const;
  std::string jekyll_path(const std::filesystem::path& path, const RawDocument& page,
                          const FrontMatter& front) const;
  std::string hugo_path(const std::filesystem::path& path, const RawDocument& page,
                        const FrontMatter& front) const;

  Generator generator_ = Generator::kJekyll;
  std::filesystem::path folder_, configuration_;
  std::string configuration_error_;
  Values settings_;
  Values authors_;
};

}  // namespace twin
