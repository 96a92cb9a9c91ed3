#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/context.h"
#include "base/http_client.h"
#include "base/json.h"

namespace twin {

// One browser session of a chromedriver that runs for it alone. Ends with its browser when
// destroyed. Not thread-safe; destroyed by the thread that made it. Source: W3C WebDriver.
class WebDriver {
 public:
  // `browser_arguments` go to Chromium. Errors: kRemote naming what failed, kInterrupted.
  WebDriver(Context& context, const std::filesystem::path& driver,
            const std::vector<std::string>& browser_arguments);
  ~WebDriver();

  // Begins to load a page, without waiting for it.
  void open(const std::string& url);
  // The result of JavaScript that returns. Errors: kRemote with the browser's message.
  Json execute(const std::string& script);

 private:
  Json post(const std::string& path, const Json& body);

  ChildProcess process_;
  std::unique_ptr<HttpClient> client_;
  std::string base_;     // "http://127.0.0.1:PORT"
  std::string session_;  // "/session/ID"
};

}  // namespace twin
