"""Step `synth`: every line of the text step spoken once by a voice drawn for it. Lines in; shards of 16-bit samples
(`0000.npy`) with a list beside them (`0000.jsonl`: text, kind, voice, start, length) out. A shard that has its list is
done: run the step again to go on where it stopped."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from random import Random

import numpy as np

from . import voices

SHARD = 500


def run(text: Path, out: Path, seed: int, jobs: int) -> None:
    lines = [json.loads(line) for line in text.read_text("utf-8").splitlines()]
    out.mkdir(parents=True, exist_ok=True)
    shards = [(n, lines[at : at + SHARD]) for n, at in enumerate(range(0, len(lines), SHARD))]
    work = [(n, rows, out, seed) for n, rows in shards if not (out / f"{n:04}.jsonl").exists()]
    print(f"synth: {len(lines)} lines in {len(shards)} shards, {len(shards) - len(work)} already done")
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for done, (n, seconds) in enumerate(pool.imap_unordered(_shard, work), 1):
            print(f"synth: shard {n:04}, {seconds / 60:.1f} minutes of speech, {done} of {len(work)}", flush=True)


def _shard(work: tuple[int, list[dict[str, str]], Path, int]) -> tuple[int, float]:
    n, rows, out, seed = work
    spoken = []
    for i, row in enumerate(rows):
        rng = Random(f"{seed}/{n}/{i}")
        voice, say = voices.draw(rng), row["say"]
        if row["kind"] == "foreign":
            language, say = say.split("|", 1)
            voice = voices.Voice("espeak", language, voice.rate, voice.pitch)
        try:
            samples = voices.speak(voice, say)
        except (RuntimeError, OSError) as problem:
            print(f"synth: left out: {problem}")
            continue
        spoken.append(({"text": row["text"], "kind": row["kind"], "voice": f"{voice.engine}/{voice.name}"}, samples))
    keep(out, f"{n:04}", spoken)
    return n, sum(len(samples) for _, samples in spoken) / voices.RATE


def keep(out: Path, name: str, clips: list[tuple[dict[str, str], np.ndarray]]) -> None:
    """Writes the shard `name`: what is told of each clip, and its samples between -1 and 1."""
    listed, start = [], 0
    for row, samples in clips:
        listed.append(row | {"start": start, "length": len(samples)})
        start += len(samples)
    np.save(out / f"{name}.npy", np.concatenate([(samples * 32767).astype(np.int16) for _, samples in clips]))
    # The list comes last and at once: it marks the shard as whole.
    unfinished = out / f"{name}.part"
    unfinished.write_text("".join(json.dumps(r) + "\n" for r in listed), "utf-8")
    unfinished.rename(out / f"{name}.jsonl")
