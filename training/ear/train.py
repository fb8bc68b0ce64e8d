"""Step `train`: from a model file or from nothing to checkpoints, within a given number of minutes. Cross-entropy of the
decoder and a CTC loss of the encoder's letters; the weights kept are a running average. Stop and start it as you like: the
last checkpoint has everything."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import distributed
from torch.func import functional_call
from torch.nn import functional as F

from . import cut, data, evaluate, features, ggml, model
from .vocabulary import Vocabulary


# Strings of people's words, put together anew.
CUT = 6000


@dataclass
class Plan:
    minutes: float
    rate: float = 4e-4
    warm_up: int = 100
    batch_seconds: float = 32
    letters_weight: float = 0.5
    average: float = 0.99
    dropout: float = 0.0
    # Of the encoder. A model with fewer, which the training begins with, grows.
    layers: int = 6
    checkpoint_minutes: float = 10
    recut_after: float = 0.3
    # How the file will hold the matrices, and from when on the training sees them so: the rest of it learns around it.
    packing: str = "q4_0"
    packed_after: float = 0.7
    threads: int = 1
    # Processes that learn side by side, each from clips of its own, and how often they agree on the mean of their weights.
    workers: int = 1
    agree_seconds: float = 8
    seed: int = 1


def run(
    plan: Plan,
    audio: Path,
    recordings: list[Path],
    dev: dict[str, list[data.Clip]],
    out: Path,
    seed_model: Path | None,
    fresh: Vocabulary | None,
) -> None:
    """From the shards in `audio` and people's `recordings`. Goes on from `out/last.pt` where there is one. Writes `last.pt` and,
    whenever development improves, `best.pt`. After a part of the time the averaged weights, once they hear people well enough,
    cut their recordings into words, which come back in new strings."""
    if plan.workers > 1 and not distributed.is_initialized():
        learn = (plan, audio, recordings, dev, out, seed_model, fresh)
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(_join, (plan.workers, f"file://{folder}/meeting", learn), plan.workers)
        return
    # The first worker also judges, cuts and writes; the others learn and take in what it wrote.
    worker = distributed.get_rank() if distributed.is_initialized() else 0
    first = worker == 0
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed + worker)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    out.mkdir(parents=True, exist_ok=True)
    corpus = data.Corpus(audio, recordings)
    if first:
        print("train: " + ", ".join(f"{len(v)} {k}" for k, v in corpus.kinds.items()), flush=True)
    if seed_model is not None:
        ear = model.read(seed_model, plan.dropout)
        model.deepen(ear, plan.layers)
    elif fresh is not None:
        ear = model.Ear(fresh, layers=(plan.layers, 2), dropout=plan.dropout)
    else:
        raise ValueError("neither a model to start from nor a vocabulary for a new one")
    ear.to(device)
    groups = [
        {"params": [p for p in ear.parameters() if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in ear.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))
    average = {k: v.detach().clone() for k, v in ear.state_dict().items()}
    step, spent, best = 0, 0.0, math.inf
    last = out / "last.pt"
    if last.exists():
        kept = torch.load(last, map_location=device, weights_only=True)
        ear.load_state_dict(kept["ear"])
        optimiser.load_state_dict(kept["optimiser"])
        average, step, spent, best = kept["average"], kept["step"], kept["spent"], kept["best"]
        if first:
            print(f"train: going on at step {step}, {spent / 60:.0f} of {plan.minutes:.0f} minutes spent", flush=True)
    # Seeds far apart: one worker's clips are not another's some steps later.
    seed = plan.seed + step + 1_000_000 * worker
    batches = iter(data.Mixture(corpus, ear.vocabulary, plan.batch_seconds, seed))
    noise = np.random.default_rng(seed)
    began, losses, clips, noted, agreed = time.monotonic() - spent, [], 0, spent, spent
    uncut = first and bool(corpus.kinds["people"]) and "cut" not in corpus.kinds
    if step == 0 and first:
        best = _judge(ear, average, plan.packing, dev, step, spent)

    while spent < 60 * plan.minutes:
        batch = next(batches).to(device)
        progress = spent / (60 * plan.minutes)
        rate = plan.rate * min(1, (step + 1) / plan.warm_up) * (0.03 + 0.97 * (1 + math.cos(math.pi * progress)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        ear.train()
        weights = _as_packed(ear, plan.packing) if progress >= plan.packed_after else {}
        loss = _loss(ear, weights, batch, plan, noise, device)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(ear.parameters(), 1.0)
        optimiser.step()
        step += 1
        keep = min(plan.average, step / (step + 20))
        with torch.no_grad():
            for name, value in ear.state_dict().items():
                if value.is_floating_point():
                    average[name].lerp_(value, 1 - keep)
        losses.append(loss.item())
        clips += len(batch.tokens)
        spent = time.monotonic() - began
        if plan.workers > 1 and (spent - agreed > plan.agree_seconds or spent >= 60 * plan.minutes):
            spent = _agree(ear, average, spent)
            began, agreed = time.monotonic() - spent, spent
        if uncut and progress >= plan.recut_after:
            uncut = False
            with _averaged(ear, average):
                cut.run(ear, corpus.kinds["people"], audio, CUT, plan.seed)
            corpus.refresh()
        if step % 25 == 0:
            corpus.refresh()
            if first:
                print(f"train: step {step} {spent / 60:.1f} min, loss {np.mean(losses):.3f}, rate {rate:.2e}, {clips} clips", flush=True)
            losses = []
        if first and (spent - noted > 60 * plan.checkpoint_minutes or spent >= 60 * plan.minutes):
            noted = spent
            score = _judge(ear, average, plan.packing, dev, step, spent)
            if score < best:
                best = score
                _save(out / "best.pt", {"ear": average, "pieces": ear.vocabulary.pieces, "shape": ear.shape, "step": step})
            _save(last, {
                "ear": ear.state_dict(), "average": average, "optimiser": optimiser.state_dict(), "step": step,
                "spent": spent, "best": best,
            })  # fmt: skip
    if first:
        print(f"train: done after {step} steps and {spent / 60:.0f} minutes", flush=True)


def _join(worker: int, workers: int, meeting: str, learn: tuple) -> None:
    """One of several processes that `run` together."""
    distributed.init_process_group("gloo", init_method=meeting, rank=worker, world_size=workers)
    run(*learn)
    distributed.destroy_process_group()


def _agree(ear: model.Ear, average: dict, spent: float) -> float:
    """Every worker goes on with the mean of all workers' weights, and of the time they have spent."""
    own = [*ear.parameters(), *(v for v in average.values() if v.is_floating_point())]
    flat = torch.cat([torch.tensor([spent], dtype=torch.float32), *(t.detach().flatten().cpu() for t in own)])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    at = 1
    with torch.no_grad():
        for t in own:
            t.copy_(flat[at : at + t.numel()].view_as(t))
            at += t.numel()
    return float(flat[0])


def _half(device: torch.device) -> bool:
    """Sixteen-bit products where the processor has them: a graphics card, or AVX-512 with bfloat16."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()


def _as_packed(ear: model.Ear, packing: str) -> dict[str, torch.Tensor]:
    """The matrices as they come back from the file; what is learned goes to those they were made from."""
    weights = {}
    for name, matrix in ear.named_parameters():
        if matrix.ndim == 2 and not name.startswith("letters.") and ggml.kind_of(name, 2, packing) == packing:
            own = matrix.detach()
            back = ggml.unpack(ggml.pack(own.cpu().numpy(), packing), packing).reshape(own.shape)
            weights[name] = matrix + (torch.from_numpy(back).to(own) - own)
    return weights


def _loss(
    ear: model.Ear, weights: dict[str, torch.Tensor], batch: data.Batch, plan: Plan, noise: np.random.Generator, device: torch.device
) -> torch.Tensor:
    """Of the model with `weights` in place of its own of the same names."""
    with torch.no_grad():
        mel = features.mask(ear.mel(batch.samples, batch.warp), noise, bands=1, spans=1)
    with torch.autocast(device.type, torch.bfloat16, enabled=_half(device)):
        logits, letters = functional_call(ear, weights, (mel, batch.tokens[:, :-1].clamp(min=0)))
    # The first thing asked for is what follows the two start tokens.
    said = F.cross_entropy(logits[:, 1:].flatten(0, 1).float(), batch.tokens[:, 2:].flatten(), ignore_index=-1, label_smoothing=0.03)
    read = letters.float().log_softmax(2).transpose(0, 1)
    steps = torch.full((len(batch.tokens),), len(read), dtype=torch.long)
    written = F.ctc_loss(read, batch.letters, steps, batch.lengths.cpu(), model.BLANK, zero_infinity=True)
    return said + plan.letters_weight * written


def _judge(
    ear: model.Ear, average: dict, packing: str, dev: dict[str, list[data.Clip]], step: int, spent: float
) -> float:
    """Word error rates of the averaged weights, as the file will have them; the mean of the sets decides which checkpoint is
    best."""
    with _averaged(ear, average):
        with torch.no_grad():
            ear.load_state_dict(_as_packed(ear, packing), strict=False)
        rates = {name: evaluate.word_error_rate(ear, clips) for name, clips in dev.items()}
    print(f"dev: step {step} {spent / 60:.1f} min " + ", ".join(f"{n} {r:.3f}" for n, r in rates.items()), flush=True)
    return sum(rates.values()) / max(1, len(rates))


@contextmanager
def _averaged(ear: model.Ear, average: dict) -> Iterator[None]:
    """The model has the averaged weights for a while."""
    trained = {k: v.clone() for k, v in ear.state_dict().items()}
    ear.load_state_dict(average)
    ear.eval()
    yield
    ear.load_state_dict(trained)


def _save(path: Path, what: dict) -> None:
    unfinished = path.with_suffix(".part")
    torch.save(what, unfinished)
    unfinished.rename(path)
