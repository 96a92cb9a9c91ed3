"""Writes families/NAME/{config.json, model.safetensors, logits.json}: a tiny random model of each
family with the family's peculiarities on, and transformers' logits in f32; for gemma3 also
logits_f32_scale.json, with embeddings multiplied by sqrt(hidden_size) as it is.

    python3 make_family_golden.py

Both: prompts[].{ids, positions, logits}: logits[i] (V) after the token at positions[i].
"""

import json
import pathlib

import torch
import transformers
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent / "families"

SHAPE = dict(
    vocab_size=120,
    hidden_size=40,
    intermediate_size=56,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=96,
    rms_norm_eps=1e-5,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
    attn_implementation="eager",
)
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 24,
}

# name: (configuration, model class, stored type)
FAMILIES = {
    "llama": (
        transformers.LlamaConfig(**SHAPE, tie_word_embeddings=False),
        transformers.LlamaForCausalLM,
        torch.float32,
    ),
    "llama3": (  # scaled rotations, tied embeddings, heads wider than hidden_size / heads
        transformers.LlamaConfig(
            **SHAPE, head_dim=16, tie_word_embeddings=True, rope_parameters=LLAMA3
        ),
        transformers.LlamaForCausalLM,
        torch.bfloat16,
    ),
    "mistral": (
        transformers.MistralConfig(**SHAPE, sliding_window=9, tie_word_embeddings=False),
        transformers.MistralForCausalLM,
        torch.float16,
    ),
    "qwen2": (  # the second and third layer have a window
        transformers.Qwen2Config(
            **SHAPE | {"num_hidden_layers": 3},
            use_sliding_window=True,
            sliding_window=7,
            max_window_layers=1,
            tie_word_embeddings=True,
            rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
        ),
        transformers.Qwen2ForCausalLM,
        torch.bfloat16,
    ),
    "qwen3": (
        transformers.Qwen3Config(
            **SHAPE,
            head_dim=16,
            tie_word_embeddings=False,
            rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
        ),
        transformers.Qwen3ForCausalLM,
        torch.bfloat16,
    ),
    "gemma3": (  # local, local, global, local
        transformers.Gemma3TextConfig(
            **SHAPE | {"num_hidden_layers": 4, "num_key_value_heads": 1},
            head_dim=16,
            query_pre_attn_scalar=24,
            sliding_window=6,
            layer_types=["sliding_attention"] * 2 + ["full_attention", "sliding_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            },
        ),
        transformers.Gemma3ForCausalLM,
        torch.bfloat16,
    ),
}


def randomise(model, less_one):
    generator = torch.Generator().manual_seed(3)
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        if name.endswith("norm.weight"):
            value.data = 0.3 * noise + (0 if less_one else 1)
        elif name.endswith(".bias"):
            value.data = 0.5 * noise
        elif "embed_tokens" in name:
            value.data = 0.3 * noise
        else:
            value.data = noise / value.shape[-1] ** 0.5


def write_logits(model, file):
    generator = torch.Generator().manual_seed(5)
    prompts = []
    for length in (5, 70):
        ids = torch.randint(3, model.config.vocab_size, (length,), generator=generator)
        with torch.no_grad():
            logits = model(ids[None]).logits[0]
        positions = [0, length - 1] if length < 10 else [8, 30, length - 1]
        prompts.append(
            {
                "ids": ids.tolist(),
                "positions": positions,
                "logits": [[round(x, 5) for x in logits[p].tolist()] for p in positions],
            }
        )
        print(f"{file.parent.name:8} {length:3} tokens: logits' deviation {logits.std():.2f}")
    with open(file, "w") as out:
        json.dump({"prompts": prompts}, out, separators=(",", ":"))
        out.write("\n")


def make(name, config, model_class, dtype):
    torch.manual_seed(1)
    model = model_class(config)
    randomise(model, less_one=name == "gemma3")
    folder = HERE / name
    model.to(dtype).save_pretrained(folder)
    for extra in ("generation_config.json",):
        (folder / extra).unlink(missing_ok=True)

    def opened_as(opened):
        return model_class.from_pretrained(
            folder, dtype=opened, attn_implementation="eager"
        ).float().eval()

    # As transformers opens it, but for the arithmetic: a Gemma keeps its rounded scale.
    write_logits(opened_as(dtype), folder / "logits.json")
    if name == "gemma3":  # opened as f32, its scale is not rounded; nor is it in GGUF
        write_logits(opened_as(torch.float32), folder / "logits_f32_scale.json")


for name, (config, model_class, dtype) in FAMILIES.items():
    make(name, config, model_class, dtype)
