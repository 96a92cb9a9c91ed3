"""One step of DPO after another by TRL (with PEFT's LoRA): what beside_torch.py runs.

The tokens' file holds chosen and rejected sequences in turn; the first --prompt ids of each pair are
its prompt. The reference's log-probabilities are computed before the clock runs. Prints a JSON line:
losses, seconds of the timed steps, peak_bytes of the process.
"""
import argparse
import json
import resource
import tempfile
import time

import datasets
import peft
import torch
import transformers
import trl


class Clock(transformers.TrainerCallback):
    """Times optimiser steps."""

    def __init__(self):
        self.seconds, self.losses = [], []

    def on_step_begin(self, *_, **__):
        self.start = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.start)

    def on_log(self, args, state, control, logs=None, **_):
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--tokens", required=True)
    parser.add_argument("--prompt", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--r", type=int, default=16)
    parser.add_argument("--mode", choices=["f32", "bf16"], default="f32")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="sdpa")
    sequences = json.loads(open(options.tokens).read())
    pairs = list(zip(sequences[::2], sequences[1::2]))

    # TRL takes texts and tokenizes them: words "t17" of a vocabulary of our own stand for the ids.
    import tokenizers
    vocabulary = {f"t{i}": i for i in range(model.config.vocab_size)}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="t0"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="t0", pad_token="t0", eos_token="t0")

    def text(ids):
        return "".join(f"t{i} " for i in ids)

    rows = [{"prompt": text(chosen[:options.prompt]), "chosen": text(chosen[options.prompt:-1]),
             "rejected": text(rejected[options.prompt:-1])} for chosen, rejected in pairs]
    steps = options.steps + 1
    clock = Clock()
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    with tempfile.TemporaryDirectory() as folder:
        trainer = trl.DPOTrainer(
            model=model,
            args=trl.DPOConfig(
                output_dir=folder, per_device_train_batch_size=len(pairs), max_steps=steps,
                learning_rate=1e-4, lr_scheduler_type="constant", beta=0.1, max_length=None,
                logging_steps=1, report_to=[], save_strategy="no", use_cpu=True,
                bf16=options.mode == "bf16", precompute_ref_log_probs=True,
                gradient_checkpointing=False, disable_tqdm=True, seed=1),
            train_dataset=datasets.Dataset.from_list(rows * steps),
            processing_class=tokenizer,
            peft_config=peft.LoraConfig(r=options.r, lora_alpha=options.r, target_modules=targets,
                                        task_type="CAUSAL_LM"),
            callbacks=[clock])
        trainer.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"losses": clock.losses, "seconds": clock.seconds[1:], "peak_bytes": peak}))


main()
