// Prefill speed of the llama.cpp in node-llama-cpp's prebuilt binary, which repacks weights.
//
//     node node_prefill.mjs MODEL.gguf PROMPT THREADS REPEAT
//
// Prints one JSON line. Its decoding is not measured: JavaScript adds milliseconds to each token.
import {getLlama} from "node-llama-cpp";

const [path, ...numbers] = process.argv.slice(2);
const [prompt, threads, repeat] = numbers.map(Number);
const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: "error"});
const model = await llama.loadModel({modelPath: path});
const context = await model.createContext({contextSize: prompt + 8, batchSize: prompt, threads});
const sequence = context.getSequence();
const tokens = Array.from({length: prompt}, (_, i) => (i * 7919) % 40000);
const rates = [];
for (let run = 0; run <= repeat; run++) {
  await sequence.clearHistory();
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens);
  if (run > 0) rates.push((prompt / (performance.now() - start)) * 1e3);
}
rates.sort((a, b) => a - b);
console.log(JSON.stringify({prefill_tokens_per_s: rates[rates.length >> 1]}));
await llama.dispose();
