#include "models/remote_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "models/embedding_text.h"
#include "models/hub/hub_answers.h"

namespace twin {
namespace {

// What a service says of its refusal: OpenAI's error.message, or the body's beginning.
std::string said(const std::string& body) {
  std::string text = body;
  try {
    const Json json = parse_json(body, "answer", {.max_bytes = 1 << 20, .max_depth = 16});
    const Json* found = &json;
    for (const char* key : {"error", "message", "detail"}) {
      if (found->is_object() && found->contains(key)) found = &(*found)[key];
    }
    if (found->is_string()) text = found->get<std::string>();
  } catch (const Error&) {  // not JSON: as it is
  }
  constexpr size_t kShown = 300;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

RemoteService::RemoteService(HttpClient& http, RemoteOptions options,
                             const EnvironmentLookup& lookup)
    : http_(http), options_(std::move(options)) {
  if (options_.url.empty()) throw Error(ErrorCode::kUsage, "a remote model needs its API's URL");
  if (options_.model.empty()) {
    throw Error(ErrorCode::kUsage, options_.url + ": a remote model needs the model's name");
  }
  url_origin(options_.url);  // throws where it is none
  while (options_.url.ends_with('/')) options_.url.pop_back();
  TWIN_CHECK(options_.max_batch_texts > 0);
  if (options_.api_key_variable.empty()) return;
  const char* key = lookup(options_.api_key_variable.c_str());
  api_key_ = key == nullptr ? "" : key;
  if (api_key_.empty()) {
    if (options_.api_key_is_optional) return;
    throw Error(ErrorCode::kUsage, fmt::format("{}: the environment variable {} with its key is "
                                               "not set",
                                               options_.url, options_.api_key_variable));
  }
  const auto printable = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  if (!std::all_of(api_key_.begin(), api_key_.end(), printable)) {
    throw Error(ErrorCode::kUsage, fmt::format("the key in {} has characters that cannot be sent",
                                               options_.api_key_variable));
  }
}

void RemoteService::refuse(const std::string& what) const {
  throw Error(ErrorCode::kRemote, fmt::format("{} ({}): {}", options_.url, options_.model, what));
}

Json RemoteService::post(Context& context, const std::string& path, const Json& body,
                         size_t max_bytes) {
  HttpRequest request;
  request.method = "POST";
  request.url = options_.url + path;
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!api_key_.empty()) request.headers.push_back({"Authorization", "Bearer " + api_key_});
  request.body = dump_json(body);
  request.stall_timeout = options_.timeout;
  request.max_body_bytes = max_bytes;
  Backoff backoff(context, options_.backoff);
  while (true) {
    std::string problem;
    std::chrono::milliseconds server_says{};
    try {
      HttpResponse response;
      {
        const std::lock_guard one_at_a_time(mutex_);
        response = http_.send(request);
      }
      if (response.status / 100 == 2) {
        return parse_json(response.body, request.url, {.max_bytes = max_bytes, .max_depth = 16});
      }
      problem = fmt::format("HTTP {}: {}", response.status, said(response.body));
      if (response.status == 401 || response.status == 403) {
        refuse(problem + (options_.api_key_variable.empty()
                              ? "; no key was sent: name its environment variable"
                          : api_key_.empty()
                              ? "; no key was sent: it comes from " + options_.api_key_variable
                              : "; the key is that of " + options_.api_key_variable));
      }
      if (!may_pass(response.status)) refuse(problem);
      server_says = retry_after(response);
    } catch (const ConnectionError& error) {
      problem = error.what();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kBadInput) refuse(error.what());  // an answer that is not JSON
      throw;
    }
    context.log.debug(fmt::format("{}: {}; trying again", request.url, problem));
    if (!backoff.wait(server_says)) {
      refuse(fmt::format("{}; given up after {} attempts", problem, options_.backoff.attempts));
    }
  }
}

std::vector<size_t> remote_batches(const RemoteOptions& options,
                                   const std::vector<std::string>& texts, const char* what) {
  std::vector<size_t> ends;
  size_t first = 0, bytes = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > options.max_text_bytes) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("{} {}, '{}', has {} bytes; {} are sent at most: take it in pieces", what,
                      i + 1, text_beginning(texts[i]), texts[i].size(), options.max_text_bytes));
    }
    const bool full =
        i - first >= options.max_batch_texts || bytes + texts[i].size() > options.max_batch_bytes;
    if (full && i > first) {
      ends.push_back(i);
      first = i;
      bytes = 0;
    }
    bytes += texts[i].size();
  }
  if (!texts.empty()) ends.push_back(texts.size());
  return ends;
}

}  // namespace twin
