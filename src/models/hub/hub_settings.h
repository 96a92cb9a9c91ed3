#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace twin {

// Where the hub is and where its files are kept: the variables that Hugging Face's own client
// reads, so that both share one cache. Source: huggingface_hub, constants.py and utils/_auth.py.
struct HubSettings {
  std::string endpoint = "https://huggingface.co";  // HF_ENDPOINT
  std::string token;  // HF_TOKEN, else the file HF_TOKEN_PATH or HF_HOME/token; may be empty
  std::filesystem::path cache;  // HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub
  bool offline = false;         // HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE): 1, on, yes, true
};

// `lookup` is getenv in the program. Errors: kUsage for an endpoint that is no URL and for a token
// that cannot stand in a header.
HubSettings hub_settings(const std::function<const char*(const char*)>& lookup);

}  // namespace twin
