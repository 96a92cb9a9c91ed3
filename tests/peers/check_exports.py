"""Holds what `twin train` and `twin models merge` write against the packages people open it with.
Run by hand:

    python3 tests/peers/check_exports.py build/release/twin

For LoRA, rsLoRA, DoRA and all weights, through a chat template and Alpaca's, a tiny model in F32 learns
a few steps of real `twin train sft --data`; by LoRA the same model in BF16 too. Then, on the probe
prompts of its parity record:

1. peft (transformers for all weights) opens the folder: logits within 1e-3, greedy ids the same. Over
   BF16 within 1e-3 of their standard deviation: products with many rows take 16-bit weights in 16-bit
   integers with a scale per 32 values.
2. transformers opens the merged folder: the same; and its chat template gives the record's ids.
3. llama.cpp opens the merged GGUF files, F16 and Q8_0: its greedy ids are those of the file's own
   record, its tokenizer's ids of the chat template's text the record's, and it stops where training
   ended a turn.

Needs the packages torch, transformers, peft, llama-cpp-python, jinja2. Exits with 1 where a check
fails.
"""

import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np
import peft
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "tests/golden/chat_model"
TWIN = pathlib.Path(sys.argv[1]).resolve()
METHODS = {
    "lora": [],
    "rslora": ["--use-rslora", "true"],
    "dora": ["--use-dora", "true"],
    "full": ["--method", "full", "--learning-rate", "0.002"],
}
failures = []


@llama_cpp.llama_log_callback
def be_quiet(level, text, data):  # or the results are lost among thousands of lines
    pass


llama_cpp.llama_log_set(be_quiet, ctypes.c_void_p(0))


def twin(*arguments):
    done = subprocess.run([TWIN, "--json", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"twin {arguments}: {done.stderr}")
    return json.loads(done.stdout)


def check(name, good, detail=""):
    print(f"{'ok  ' if good else 'FAIL'} {name} {detail}", flush=True)
    if not good:
        failures.append(name)


def against_torch(name, model, record, exact=True):
    model.eval()
    worst, same, total = 0.0, 0, 0
    for probe in record["probes"]:
        ids = list(probe["ids"])
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1]
            wanted = torch.tensor(probe["logits"])
            scale = 1.0 if exact else float(wanted.std())
            worst = max(worst, float((logits[probe["tokens"]] - wanted).abs().max()) / scale)
            for token in probe["greedy"]:
                chosen = int(model(torch.tensor([ids])).logits[0, -1].argmax())
                same, total = same + (chosen == token), total + 1
                ids.append(token)
    check(name, worst < 1e-3 and same == total,
          f"largest difference of a logit {worst:.1e}{'' if exact else ' deviations'}, "
          f"{same} of {total} greedy ids the same")


def against_llama_cpp(name, path, tokenizer):
    record = json.loads(str(gguf.GGUFReader(path).fields["twin.parity"].contents()))
    model = llama_cpp.Llama(str(path), n_ctx=256, n_threads=1, logits_all=True, verbose=False,
                            flash_attn=False, n_gpu_layers=0)
    same, total, worst = 0, 0, 0.0
    for probe in record["probes"]:
        model.reset()
        model.eval(probe["ids"])
        logits = np.array(model.scores[len(probe["ids"]) - 1])
        worst = max(worst, float(np.abs(logits[probe["tokens"]] - probe["logits"]).max()))
        for token in probe["greedy"]:
            same, total = same + (int(logits.argmax()) == token), total + 1
            model.eval([token])
            logits = np.array(model.scores[model.n_tokens - 1])
    close = 0.95 if "q8" in path.name else 1.0  # blocks of inputs are rounded in other places
    check(name, same >= close * total,
          f"{same} of {total} greedy ids the same, largest difference of a logit {worst:.1e}")
    template = model.metadata["tokenizer.chat_template"]
    formatter = llama_cpp.llama_chat_format.Jinja2ChatFormatter(
        template=template, eos_token="", bos_token="")
    text = formatter(messages=[{"role": "user", "content": "Why do you keep a notebook?"}]).prompt
    ids = model.tokenize(text.encode(), add_bos=False, special=True)
    check(f"{name}: ids of the chat template's text", ids == record["probes"][0]["ids"])
    vocab = llama_cpp.llama_model_get_vocab(model.model)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    check(f"{name}: stops at the end of a turn", llama_cpp.llama_vocab_is_eog(vocab, end))


def main(folder):
    data = folder / "data.jsonl"
    with data.open("w") as file:
        for i in range(16):
            sample = {"instruction": f"Say {i}", "output": f"It is the number {i}, I say."}
            file.write(json.dumps(sample) + "\n")
    base = folder / "base"
    twin("models", "export", MODEL, base, "--type", "f32")
    for style in ("chat", "alpaca"):
        for method, flags in METHODS.items():
            check_training(folder, f"{style}-{method}", base, data, style, flags)
    check_training(folder, "bf16-lora", MODEL, data, "chat", [])


def check_training(folder, name, base, data, style, flags):
    trained = folder / name
    full, exact = "full" in flags, base != MODEL
    learning = [] if "--learning-rate" in flags else ["--learning-rate", "0.01"]
    twin("train", "sft", "--base", base, "--data", data, "--output", trained, "--template", style,
         "--batch-tokens", 256, "--epochs", 4, *learning, *flags)
    record = json.loads((trained / "parity.json").read_text())
    if full:
        model = transformers.AutoModelForCausalLM.from_pretrained(trained, dtype=torch.float32)
        against_torch(f"{name}: transformers", model, record)
    else:
        model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        against_torch(f"{name}: peft", peft.PeftModel.from_pretrained(model, trained), record,
                      exact)
    merged = folder / f"{name}-merged"
    drift = twin("models", "merge", trained, merged)["drift"]
    check(f"{name}: merged beside trained", drift["mean_kl"] < (1e-9 if exact else 1e-5),
          f"mean KL divergence {drift['mean_kl']:.1e}")
    against_torch(
        f"{name}: merged, transformers",
        transformers.AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32),
        json.loads((merged / "parity.json").read_text()), exact)
    tokenizer = transformers.AutoTokenizer.from_pretrained(merged)
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Why do you keep a notebook?"}], add_generation_prompt=True)
    ids = ids if isinstance(ids, list) else ids["input_ids"]
    check(f"{name}: transformers' ids of the chat template",
          list(ids) == record["probes"][0]["ids"])
    for kind in ("f16", "q8_0"):
        target = folder / f"{name}.{kind}.gguf"
        twin("models", "export", trained, target, "--type", kind)
        against_llama_cpp(f"{name}: {kind} GGUF, llama.cpp", target, tokenizer)


with tempfile.TemporaryDirectory() as temporary:
    main(pathlib.Path(temporary))
print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)
