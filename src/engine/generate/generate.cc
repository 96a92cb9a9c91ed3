#include "engine/generate/generate.h"

#include "engine/generate/batch_generator.h"

namespace twin {

Generation generate(Context& context, Decoder& decoder, const GenerationRequest& request) {
  BatchOptions options;
  options.max_cache_bytes = SIZE_MAX;
  options.max_prefix_bytes = 0;
  BatchGenerator batch(context, decoder, options);
  return batch.wait(batch.submit(request));
}

Generation generate(Context& context, Decoder& decoder, std::span<const int32_t> prompt,
                    const SamplingOptions& options, const std::function<bool(int32_t)>& on_token) {
  GenerationRequest request;
  request.prompt.assign(prompt.begin(), prompt.end());
  request.sampling = options;
  request.on_token = on_token;
  return generate(context, decoder, request);
}

}  // namespace twin
