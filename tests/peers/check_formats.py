"""Holds what `twin models` writes against llama.cpp and transformers. Run by hand:

    python3 tests/peers/check_formats.py build/release/twin [MODEL-f16.gguf]

1. families: each of tests/golden/families as GGUF (F32): llama.cpp's logits against transformers'
   (where llama.cpp lacks a setting, both run without it).
2. stories: stories260K as GGUF and as a Hugging Face folder: llama.cpp's, transformers' and our
   greedy text are the same.
3. quantised: with a MODEL, each type's tensors against llama.cpp's own quantising of it: how many
   bytes are the same, and both root mean square errors.

Needs the packages llama-cpp-python, transformers, torch, gguf. Exits with 1 where a check fails.
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORIES = ROOT.parent / "shared/data/models/stories260K"
TWIN = pathlib.Path(sys.argv[1]).resolve()
failures = []


@llama_cpp.llama_log_callback
def be_quiet(level, text, data):  # or the results are lost among thousands of lines
    pass


llama_cpp.llama_log_set(be_quiet, ctypes.c_void_p(0))


def twin(*arguments):
    done = subprocess.run([TWIN, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"twin {arguments}: {done.stderr}")
    return done.stdout


def check(name, good, detail=""):
    print(f"{'ok  ' if good else 'FAIL'} {name} {detail}", flush=True)
    if not good:
        failures.append(name)


def load(path, vocab_only=False):
    return llama_cpp.Llama(
        str(path), n_ctx=128, n_threads=1, logits_all=True, verbose=False,
        type_k=0, type_v=0, flash_attn=False, n_gpu_layers=0,
    )


def without_what_llama_cpp_lacks(family, folder):
    """A copy whose settings llama.cpp has: no windows of Mistral and Qwen2; Gemma 3's own pattern
    of layers, scale of scores and f32 scale of embeddings."""
    copy = folder / f"hf-{family.name}"
    copy.mkdir()
    (copy / "model.safetensors").write_bytes((family / "model.safetensors").read_bytes())
    config = json.loads((family / "config.json").read_text())
    config["dtype"] = "float32"
    if family.name == "mistral":
        config["sliding_window"] = None
    elif family.name == "qwen2":
        config["use_sliding_window"], config["layer_types"] = False, None
    elif family.name == "gemma3":
        config["query_pre_attn_scalar"] = config["head_dim"]
        config["layer_types"] = None
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def families(folder):
    import torch
    import transformers

    for family in sorted((ROOT / "tests/golden/families").iterdir()):
        name = family.name
        try:
            copy = without_what_llama_cpp_lacks(family, folder)
            twin("models", "export", copy, folder / f"{name}.gguf", "--type", "f32")
            peer = transformers.AutoModelForCausalLM.from_pretrained(
                copy, dtype=torch.float32, attn_implementation="eager")
            golden = json.loads((family / "logits.json").read_text())
            worst = 0.0
            model = raw_model(folder / f"{name}.gguf")
            for prompt in golden["prompts"]:
                with torch.no_grad():
                    wanted = peer(torch.tensor([prompt["ids"]])).logits[0].numpy()
                found = np.array(evaluate(model, prompt["ids"]))
                worst = max(worst, float(np.abs(found - wanted).max()))
            # llama.cpp looks GELU up in a table of halves.
            bound = 1e-2 if name == "gemma3" else 1e-3
            check(f"families: {name}", worst < bound, f"largest difference of a logit {worst:.2e}")
        except Exception as error:  # one family that llama.cpp cannot run must not hide the others
            check(f"families: {name}", False, str(error)[:300])


def raw_model(path):
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise RuntimeError(f"llama.cpp does not load {path.name}")
    return model


def evaluate(model, ids):
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = 128
    params.n_batch = 128
    params.n_threads = params.n_threads_batch = 1
    params.type_k = params.type_v = 0  # F32
    params.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(model, params)
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i] = token
        batch.pos[i] = i
        batch.n_seq_id[i] = 1
        batch.seq_id[i][0] = 0
        batch.logits[i] = 1
    if llama_cpp.llama_decode(context, batch) != 0:
        raise RuntimeError("llama_decode failed")
    width = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    rows = [
        np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, i), (width,)).copy()
        for i in range(len(ids))
    ]
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    return rows


def stories(folder):
    model = STORIES / "stories260K.bin"
    count, prompt = 60, "Once upon a time"
    ours = json.loads(
        twin("models", "generate", model, prompt, "--temperature", 0, "--max-new-tokens", count,
             "--tokenizer", STORIES / "tok512.bin", "--json")
    )
    for kind in ("f32", "f16"):
        target = folder / f"stories-{kind}.gguf"
        twin("models", "export", model, target, "--type", kind,
             "--tokenizer", STORIES / "tok512.bin")
        peer = load(target)
        check("stories: llama.cpp's ids of the prompt",
              peer.tokenize(prompt.encode(), add_bos=True) == ours["prompt_ids"])
        peer.reset()
        text = peer(prompt, max_tokens=count, temperature=0)["choices"][0]["text"]
        check(f"stories: llama.cpp's text of our {kind} GGUF", text.strip() == ours["text"].strip(),
              repr(text[:60]))
        again = json.loads(
            twin("models", "generate", target, prompt, "--temperature", 0, "--max-new-tokens",
                 count, "--json"))
        check(f"stories: our text of our {kind} GGUF", again["text"] == ours["text"])

    import torch
    import transformers

    for source in (folder / "stories-f32.gguf", model):
        target = folder / f"hf-{source.stem}"
        twin("models", "export", source, target, "--format", "hf",
             *(["--tokenizer", STORIES / "tok512.bin"] if source == model else []))
        peer = transformers.AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)
        tokenizer = transformers.AutoTokenizer.from_pretrained(target)
        ids = torch.tensor([ours["prompt_ids"]])
        out = peer.generate(ids, max_new_tokens=count, do_sample=False)[0].tolist()
        check(f"stories: transformers' ids of our folder from {source.name}",
              out[len(ours["prompt_ids"]):][: len(ours["ids"])] == ours["ids"])
        check("stories: transformers' ids of the prompt",
              tokenizer(prompt)["input_ids"][-len(ours["prompt_ids"]) + 1:]
              == ours["prompt_ids"][1:], str(tokenizer(prompt)["input_ids"]))


FTYPES = {"q8_0": 7, "q4_0": 2, "q4_1": 3, "q5_0": 8, "q5_1": 9, "q4_k_m": 15, "q5_k_m": 17,
          "q6_k": 18, "bf16": 32}


def quantised(source, folder):
    given = {t.name: t for t in gguf.GGUFReader(source).tensors}
    for name, ftype in FTYPES.items():
        theirs, ours = folder / "theirs.gguf", folder / "ours.gguf"
        params = llama_cpp.llama_model_quantize_default_params()
        params.ftype, params.nthread = ftype, 1
        llama_cpp.llama_model_quantize(str(source).encode(), str(theirs).encode(),
                                       ctypes.byref(params))
        ours.unlink(missing_ok=True)
        twin("models", "quantize", source, ours, "--type", name)
        left = {t.name: t for t in gguf.GGUFReader(theirs).tensors}
        right = {t.name: t for t in gguf.GGUFReader(ours).tensors}
        types = all(left[t].tensor_type == right[t].tensor_type for t in left)
        same = total = 0
        error_theirs = error_ours = count = 0.0
        for tensor in left if types else []:
            same += int((left[tensor].data.view(np.uint8) == right[tensor].data.view(np.uint8)).sum())
            total += left[tensor].n_bytes
            if not gguf.GGML_QUANT_SIZES[left[tensor].tensor_type][0] > 1:
                continue
            values = gguf.dequantize(given[tensor].data, given[tensor].tensor_type)[:2048]
            def error(side):
                found = gguf.dequantize(side.data[:2048], side.tensor_type)
                return float(((found - values).astype(np.float64) ** 2).sum())
            error_theirs += error(left[tensor])
            error_ours += error(right[tensor])
            count += values.size
        check(f"quantised: {name}: types of all tensors", types and set(left) == set(right))
        if total:
            ratio = (error_ours / error_theirs) ** 0.5 if error_theirs else 1.0
            check(f"quantised: {name}", ratio < 1.001,
                  f"{100 * same / total:.4f}% of bytes the same, error {ratio:.5f} of llama.cpp's")


with tempfile.TemporaryDirectory() as temporary:
    place = pathlib.Path(temporary)
    families(place)
    if STORIES.exists():
        try:
            stories(place)
        except Exception as error:
            check("stories", False, str(error)[-300:])
    else:
        print("skipped: stories (no shared data)")
    if len(sys.argv) > 2:
        print("quantised:", sys.argv[2])
        quantised(pathlib.Path(sys.argv[2]), place)
print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)
