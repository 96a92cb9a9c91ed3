#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "engine/formats/model_folder.h"
#include "engine/generate/generate.h"

namespace twin {
namespace {

const std::filesystem::path kStories = TWIN_SOURCE_DIR "/../shared/data/models/stories260K";

// Source of the golden text: llama2.c's test_all.py, checked against its run.c (-t 0.0 -n 200).
TEST(Generate, RealModelGivesItsGoldenGreedyText) {
  if (!std::filesystem::exists(kStories)) GTEST_SKIP() << kStories << " is absent";
  for (const kernels::Kernels* kernels : kernels::available_kernels()) {
    QuietContext context(2);
    const DecoderWeights weights = load_weights(kStories / "stories260K.bin");
    const auto tokenizer = load_tokenizer(kStories / "tok512.bin");
    Decoder decoder(context, *kernels, weights.tensors());
    SamplingOptions options;
    options.temperature = 0;
    options.max_new_tokens = 200;  // run.c counts the steps, the prompt's one token among them
    options.stop_tokens = {1, 2};
    const std::vector<int32_t> prompt = {1};
    const Generation generation = generate(context, decoder, prompt, options);
    EXPECT_EQ(tokenizer->decode(generation.ids) + "\n", read_file(kStories / "golden_t0_n200.txt"))
        << kernels->name;
  }
}

}  // namespace
}  // namespace twin
