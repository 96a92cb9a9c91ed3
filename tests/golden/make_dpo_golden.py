"""Writes training/dpo_*.json and .safetensors: one step of preference learning as TRL and PEFT take
it, on chat_model/ with adapters of random weights.

    python3 make_dpo_golden.py

Each JSON: `loss_type`, `beta`; `pairs`, each `chosen` and `rejected` with their `tokens` and the
`mask` of the answer; `loss`, the mean over the pairs; `rewards`, the means TRL reports. With it the
gradient of every parameter of the adapter, which lies in the folder training/dpo_adapter.
"""

import json
import pathlib
import shutil
import tempfile

import datasets
import peft
import safetensors.torch
import torch
import transformers
import trl

HERE = pathlib.Path(__file__).parent
OUT = HERE / "training"
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
PAIRS = datasets.Dataset.from_list([
    {"prompt": "The glue", "chosen": " held for a year.", "rejected": " was fine, it was fine."},
    {"prompt": "Why varnish?", "chosen": " Because it lasts.", "rejected": " No."},
    {"prompt": "A drawer", "chosen": " that sticks", "rejected": " is a drawer is a drawer"},
])


def make(loss_type: str, beta: float):
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        HERE / "chat_model", dtype=torch.float32, attn_implementation="eager"
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(HERE / "chat_model")
    with tempfile.TemporaryDirectory() as scratch:
        trainer = trl.DPOTrainer(
            model,
            args=trl.DPOConfig(
                output_dir=scratch, loss_type=loss_type, beta=beta, bf16=False, use_cpu=True,
                per_device_train_batch_size=len(PAIRS), gradient_checkpointing=False,
                report_to="none", disable_dropout=True,
            ),
            train_dataset=PAIRS,
            processing_class=tokenizer,
            peft_config=peft.LoraConfig(r=2, lora_alpha=4, target_modules=LINEAR,
                                        task_type="CAUSAL_LM"),
        )
    generator = torch.Generator().manual_seed(7)
    for name, value in trainer.model.named_parameters():
        if "lora_" in name:
            value.data = 0.2 * torch.randn(value.shape, generator=generator)
    trainer.model.eval()
    batch = next(iter(trainer.get_train_dataloader()))
    loss = trainer._compute_loss(trainer.model, batch, return_outputs=False)
    loss.backward()
    grads = {
        name.replace(".default", ""): value.grad.contiguous()
        for name, value in trainer.model.named_parameters()
        if value.grad is not None
    }
    sequences = []
    for ids, attended, mask in zip(
        batch["input_ids"], batch["attention_mask"], batch["completion_mask"]
    ):
        keep = attended.bool()
        sequences.append({"tokens": ids[keep].tolist(), "mask": mask[keep].int().tolist()})
    count = len(sequences) // 2
    described = {
        "loss_type": loss_type,
        "beta": beta,
        "pairs": [
            {"chosen": sequences[i], "rejected": sequences[count + i]} for i in range(count)
        ],
        "loss": loss.item(),
        "rewards": {
            key: sum(values) / len(values)
            for key, values in trainer._metrics["eval"].items()
            if key.startswith("rewards/")
        },
    }
    safetensors.torch.save_file(grads, OUT / f"dpo_{loss_type}.safetensors")
    (OUT / f"dpo_{loss_type}.json").write_text(json.dumps(described) + "\n")
    trainer.model.save_pretrained(OUT / "dpo_adapter")
    (OUT / "dpo_adapter/README.md").unlink(missing_ok=True)
    shutil.rmtree(OUT / "dpo_adapter/ref", ignore_errors=True)
    config_file = OUT / "dpo_adapter/adapter_config.json"
    config = json.loads(config_file.read_text()) | {"base_model_name_or_path": "../../chat_model"}
    config_file.write_text(json.dumps(config, indent=2) + "\n")
    print(loss_type, loss.item(), described["rewards"])


for loss_type, beta in (("sigmoid", 0.3), ("ipo", 0.2), ("sigmoid_norm", 0.5)):
    make(loss_type, beta)
for file in OUT.rglob("dpo*.safetensors"):
    file.chmod(0o644)
