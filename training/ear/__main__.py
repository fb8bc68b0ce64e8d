"""`python -m ear STEP`: the command line of the recipe. Knows where things lie and in which order the steps run; every step
goes on where it stopped."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
KINDS = {"command": 9000, "number": 2000, "spelled": 1500, "word": 1500, "general": 3500, "foreign": 500}
STEPS = ["text", "synth", "train", "export", "calibrate", "clips", "finality"]


def main() -> None:
    a = arguments().parse_args()
    for step in STEPS[:5] if a.step == "all" else [a.step]:
        {"text": text, "synth": synth, "train": train, "export": export, "calibrate": calibrate, "clips": clips, "finality": finality}[step](a)


def arguments() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m ear", description="Makes a speech model for one shop.")
    p.add_argument("step", choices=[*STEPS, "all"], help="all: everything from text to calibrate")
    p.add_argument("--model", type=Path, default=PROJECT / "intents/en-US/model.json", help="the shop's interaction model")
    p.add_argument("--catalogue", type=Path, default=PROJECT / "sample-shop/products.csv", help="CSV with spoken_name or title")
    p.add_argument("--english", type=Path, nargs="*", default=[], help='more general English: JSON lines with "text"')
    p.add_argument("--people", type=Path, nargs="*", default=[], help="recordings: JSON lines with file, text, speaker")
    p.add_argument("--work", type=Path, default=PROJECT / "target/ear", help="where everything is kept")
    p.add_argument("--scale", type=float, default=1.0, help="how many times the usual number of sentences")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="synthesisers at the same time")
    p.add_argument("--minutes", type=float, default=60, help="how long to train")
    p.add_argument("--threads", type=int, default=1, help="threads of each of them on a CPU")
    p.add_argument("--workers", type=int, help="processes that train side by side; default: a core each, at most 4; one with a GPU")
    p.add_argument("--batch-seconds", type=float, default=32, help="speech in one step; a GPU takes many times more")
    p.add_argument("--rate", type=float, default=4e-4, help="highest learning rate")
    p.add_argument("--start", type=Path, help="the ggml model, or checkpoint (.pt), to begin with; default: the embedded one")
    p.add_argument("--layers", type=int, default=6, help="of the encoder; a model with fewer, which the training begins with, grows")
    p.add_argument("--fresh", action="store_true", help="begin with nothing: needs hours on a GPU rather than minutes")
    p.add_argument("--pieces", type=int, default=500, help="size of a fresh vocabulary")
    p.add_argument("--name", default="voicecart-shop.en", help="name of the exported model")
    p.add_argument("--share", type=float, default=1.0, help="of the trained weights in the exported ones; the rest are those it began with")
    p.add_argument("--packings", nargs="+", default=["q4_0", "q8_0"], help="the first is the model, others carry a suffix")
    p.add_argument("--voicecart", type=Path, default=PROJECT / "target/release/voicecart", help="the program that calibrate has hear")
    p.add_argument("--size", type=int, default=200, help="clips of each large set of the examination")
    return p


def text(a: argparse.Namespace) -> None:
    """Writes the lines once; some are kept for development and never spoken in training."""
    from . import text as step

    lines, dev = a.work / "text.jsonl", a.work / "dev.jsonl"
    if lines.exists():
        print(f"text: {lines} is there already; delete it to write it anew")
        return
    found = step.write(a.work / "all.jsonl", a.model, a.catalogue, a.english, {k: int(n * a.scale) for k, n in KINDS.items()}, a.seed)
    rows = (a.work / "all.jsonl").read_text("utf-8").splitlines(keepends=True)
    held = min(600, len(rows) // 10)
    # Short commands come back with many voices: what is also trained on shows nothing about new sentences.
    trained = {json.loads(row)["text"] for row in rows[:-held]}
    dev.write_text("".join(row for row in rows[-held:] if json.loads(row)["text"] not in trained), "utf-8")
    lines.write_text("".join(rows[:-held]), "utf-8")
    print("text: " + ", ".join(f"{n} {k}" for k, n in found.items()))


def synth(a: argparse.Namespace) -> None:
    from . import synth as step

    step.run(a.work / "text.jsonl", a.work / "audio", a.seed, a.jobs)


def train(a: argparse.Namespace) -> None:
    import torch

    from . import data, evaluate, vocabulary
    from . import train as step

    rows = [json.loads(line) for line in (a.work / "dev.jsonl").read_text("utf-8").splitlines()]
    lines = [r for r in rows if r["kind"] in ("command", "number")][:150]
    dev = {k: v[:90] for k, v in evaluate.strangers(lines, a.work / "dev", a.seed).items()}
    if a.people:
        dev["people"] = data.people(a.people, dev=True)
    else:
        print("train: no recordings of people given (--people); the model will hear synthesisers better than shoppers")
    start, fresh = began_with(a), None
    if a.fresh:
        texts = [json.loads(line)["text"] for line in (a.work / "text.jsonl").read_text("utf-8").splitlines()]
        fresh = vocabulary.learn(texts, a.pieces)
    elif start is None:
        sys.exit("train: no model to begin with; name one with --start, or begin with nothing with --fresh")
    cores = max(1, min(4, (os.cpu_count() or 1) // a.threads))
    workers = a.workers or (1 if torch.cuda.is_available() else cores)
    plan = step.Plan(
        a.minutes, rate=a.rate, layers=a.layers, batch_seconds=a.batch_seconds, threads=a.threads, workers=workers, seed=a.seed,
        packing=a.packings[0],
    )
    step.run(plan, a.work / "audio", a.people, dev, a.work / "train", start, fresh)


def began_with(a: argparse.Namespace) -> Path | None:
    if a.fresh:
        return None
    return a.start or next(iter(sorted((PROJECT / "models").glob("ggml-voicecart-*.bin"))), None)


def export(a: argparse.Namespace) -> None:
    from . import export as step

    best = a.work / "train/best.pt"
    if not best.exists():
        sys.exit("export: no checkpoint was better than the model the training began with; train longer (--minutes)")
    step.run(best, a.work / "models", a.name, a.packings, began_with(a), a.share)


def calibrate(a: argparse.Namespace) -> None:
    from . import calibrate as step
    from . import data, evaluate

    if not a.voicecart.exists():
        sys.exit(f"calibrate: {a.voicecart} is not there; build it (cargo build --release), or name one with --voicecart")
    dev = evaluate.strangers([], a.work / "dev", a.seed)
    if a.people:
        dev["people"] = data.people(a.people, dev=True)
    # English that is nobody's order: the words of it that are heard wrong must not be believed.
    outside = data.Corpus(a.work / "audio", []).kinds.get("general", [])[:150]
    step.run(a.voicecart, a.work / f"models/ggml-{a.name}.bin", [*outside, *(c for clips in dev.values() for c in clips)], a.seed)


def clips(a: argparse.Namespace) -> None:
    from . import clips as step

    data = Path(os.environ.get("VOICECART_DATA", PROJECT.parent / "shared/data"))
    # Another seed than the training's: other sentences, other rooms.
    count = step.write(a.work / "clips", a.model, a.catalogue, data, a.seed + 1000, a.size)
    print(f"clips: {count} in {a.work / 'clips'}")


def finality(a: argparse.Namespace) -> None:
    import torch

    from . import finality as step

    if not a.people:
        sys.exit("finality: synthesisers do not hesitate; name recordings of people with --people")
    torch.set_num_threads(a.threads)
    step.run(a.people, PROJECT / "src/audio/finality/weights.rs", a.seed)


if __name__ == "__main__":
    main()
