#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/http_client.h"

namespace twin {

// An HttpClient for tests: `answer` stands in for the network. Keeps every request it saw.
class ScriptedHttpClient : public HttpClient {
 public:
  explicit ScriptedHttpClient(std::function<HttpResponse(const HttpRequest&)> answer)
      : answer_(std::move(answer)) {}

  HttpResponse send(const HttpRequest& request, const HttpSink& sink) override {
    requests.push_back(request);
    HttpResponse response = answer_(request);
    response.url = request.url;
    if (sink && response.status / 100 == 2) {
      const std::string body = std::move(response.body);
      response.body.clear();
      if (!body.empty()) sink(response, body);
    }
    return response;
  }

  std::vector<HttpRequest> requests;

 private:
  std::function<HttpResponse(const HttpRequest&)> answer_;
};

}  // namespace twin
