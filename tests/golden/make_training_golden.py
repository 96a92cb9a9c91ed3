"""Writes training/: one learning step as PyTorch and PEFT take it, on the tiny models of families/.

    python3 make_training_golden.py

training/CASE.json: `family`; `sequences`, each `tokens` and the `mask` of those that count (each
predicted from those before it); `loss`, the mean over all counted tokens, in f32. With it
training/CASE.safetensors: the gradient of every trained parameter, named as Hugging Face and PEFT
name them. Cases with an adapter have its folder, training/CASE/.
"""

import json
import pathlib
import shutil

import peft
import safetensors.torch
import torch
import transformers

HERE = pathlib.Path(__file__).parent
OUT = HERE / "training"
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CASES = {
    "full_llama3": ("llama3", None),
    "full_qwen3": ("qwen3", None),
    "lora_llama3": ("llama3", {"r": 4, "lora_alpha": 8, "target_modules": LINEAR}),
    "rslora_gemma3": ("gemma3", {"r": 3, "lora_alpha": 6, "use_rslora": True,
                                 "target_modules": ["q_proj", "v_proj", "down_proj"]}),
    "dora_qwen3": ("qwen3", {"r": 4, "lora_alpha": 8, "use_dora": True, "target_modules": LINEAR}),
}


def sequences(vocabulary: int):
    generator = torch.Generator().manual_seed(11)
    for length in (17, 9, 26):
        # From 3: PyTorch gives the padding token's embedding no gradient.
        tokens = torch.randint(3, vocabulary, (length,), generator=generator)
        mask = torch.rand(length, generator=generator) < 0.7
        mask[0] = False
        yield tokens.tolist(), mask.int().tolist()


def adapt(model, settings: dict, folder: pathlib.Path):
    adapted = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", **settings))
    generator = torch.Generator().manual_seed(7)
    for name, value in adapted.named_parameters():
        if "lora_A" in name or "lora_B" in name:
            value.data = 0.3 * torch.randn(value.shape, generator=generator)
        elif "magnitude" in name:
            value.data *= 1 + 0.2 * torch.randn(value.shape, generator=generator)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config_file = folder / "adapter_config.json"
    config = json.loads(config_file.read_text())
    base = pathlib.Path(config["base_model_name_or_path"]).name
    config["base_model_name_or_path"] = f"../../families/{base}"
    config_file.write_text(json.dumps(config, indent=2) + "\n")
    return adapted


def gradients(model) -> dict:
    found = {}
    for name, value in model.named_parameters():
        if value.grad is None:
            continue
        name = name.replace(".default", "").replace("magnitude_vector.weight", "magnitude_vector")
        found[name] = value.grad.contiguous()
    return found


def make(case: str, family: str, settings: dict | None):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        HERE / "families" / family, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    if family == "gemma3":  # as for a model opened in the type it is stored in
        scale = model.model.embed_tokens.embed_scale
        scale.copy_(scale.to(torch.bfloat16))
    if settings is not None:
        shutil.rmtree(OUT / case, ignore_errors=True)
        model = adapt(model, settings, OUT / case).eval()
    batch = list(sequences(model.config.vocab_size))
    total, counted = 0, 0
    for tokens, mask in batch:
        logits = model(torch.tensor([tokens])).logits[0].float()
        losses = torch.nn.functional.cross_entropy(
            logits[:-1], torch.tensor(tokens[1:]), reduction="none"
        )
        total = total + (losses * torch.tensor(mask[1:])).sum()
        counted += sum(mask[1:])
    loss = total / counted
    loss.backward()
    safetensors.torch.save_file(gradients(model), OUT / f"{case}.safetensors")
    described = {
        "family": family,
        "sequences": [{"tokens": tokens, "mask": mask} for tokens, mask in batch],
        "loss": loss.item(),
    }
    (OUT / f"{case}.json").write_text(json.dumps(described) + "\n")
    print(case, loss.item())


OUT.mkdir(exist_ok=True)
for case, (family, settings) in CASES.items():
    make(case, family, settings)
for file in OUT.rglob("*.safetensors"):
    file.chmod(0o644)
