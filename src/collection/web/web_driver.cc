#include "collection/web/web_driver.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin {
namespace {

constexpr auto kStartTime = std::chrono::seconds(20);
constexpr auto kCallTime = std::chrono::seconds(30);
constexpr size_t kMaxAnswer = size_t{256} << 20;

int port_of(ChildProcess& process) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto line = process.read_line(std::chrono::milliseconds(500));
    constexpr std::string_view kMark = "started successfully on port ";
    if (!line) continue;
    if (const size_t at = line->find(kMark); at != std::string::npos) {
      return std::atoi(line->c_str() + at + kMark.size());
    }
  }
  throw Error(ErrorCode::kRemote, "chromedriver does not start");
}

}  // namespace

WebDriver::WebDriver(Context& context, const std::filesystem::path& driver,
                     const std::vector<std::string>& browser_arguments)
    : process_(driver, {"--port=0"}) {
  client_ = make_http_client(context);
  base_ = fmt::format("http://127.0.0.1:{}", port_of(process_));
  const Json always = {{"browserName", "chrome"},
                       {"pageLoadStrategy", "none"},
                       {"unhandledPromptBehavior", "dismiss"},
                       {"timeouts", {{"script", 20'000}, {"pageLoad", 30'000}}},
                       {"goog:chromeOptions",
                        {{"args", browser_arguments}, {"prefs", {{"download_restrictions", 3}}}}}};
  const Json value = post("/session", {{"capabilities", {{"alwaysMatch", always}}}});
  session_ = "/session/" + value.at("sessionId").get<std::string>();
}

WebDriver::~WebDriver() {
  HttpRequest request;
  request.method = "DELETE";
  request.url = base_ + session_;
  request.stall_timeout = std::chrono::seconds(5);
  try {
    client_->send(request);
  } catch (const Error&) {
    // The end of its process ends the session too.
  }
}

void WebDriver::open(const std::string& url) { post(session_ + "/url", {{"url", url}}); }

Json WebDriver::execute(const std::string& script) {
  return post(session_ + "/execute/sync", {{"script", script}, {"args", Json::array()}});
}

Json WebDriver::post(const std::string& path, const Json& body) {
  HttpRequest request;
  request.method = "POST";
  request.url = base_ + path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = dump_json(body);
  request.stall_timeout = kCallTime;
  request.max_body_bytes = kMaxAnswer;
  const HttpResponse response = client_->send(request);
  const Json document = parse_json(response.body, "the browser's answer", {kMaxAnswer, 64});
  const auto value = document.is_object() ? document.find("value") : document.end();
  if (value == document.end()) throw Error(ErrorCode::kRemote, "the browser's answer is none");
  if (response.status != 200) {
    const bool said = value->is_object() && value->contains("message");
    std::string message =
        said ? dump_json(value->at("message")) : fmt::format("HTTP {}", response.status);
    throw Error(ErrorCode::kRemote, fmt::format("the browser: {}", message.substr(0, 300)));
  }
  return *value;
}

}  // namespace twin
