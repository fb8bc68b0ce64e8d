"""Word error rates of a model that is being trained: clips in, a number out. The figures that count come from the server's
own path (`make eval-speech`); these only choose between checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import torch

from . import augment, clips, features, voices
from .data import Clip


def edits(said: list[str], heard: list[str]) -> int:
    """Words to put in, take out or change."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def word_error_rate(ear: torch.nn.Module, clips: list[Clip]) -> float:
    """Edits over words; words heard where nothing was said count as well."""
    wrong = words = 0
    device = next(ear.parameters()).device
    ordered = sorted(clips, key=lambda c: len(c.samples))
    for at in range(0, len(ordered), 16):
        group = ordered[at : at + 16]
        with torch.no_grad():
            heard = ear.transcribe(ear.mel(features.batch([c.samples for c in group]).to(device)))
        for clip, text in zip(group, heard, strict=True):
            said = clip.text.split()
            wrong += edits(said, text.split())
            words += len(said)
    return wrong / max(1, words)


def strangers(lines: list[dict[str, str]], folder: Path, seed: int) -> dict[str, list[Clip]]:
    """`lines` by voices that are never trained on, clean and in a room with noise at 10 dB. Spoken once and kept in
    `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    kept, listed = folder / "strangers.npz", folder / "strangers.json"
    if not kept.exists():
        said = [voices.speak(voices.stranger(Random(f"{seed}/{i}")), line["say"]) for i, line in enumerate(lines)]
        listed.write_text(json.dumps([line["text"] for line in lines]), "utf-8")
        np.savez(kept, **{f"{i:04}": (s * 32767).astype(np.int16) for i, s in enumerate(said)})
    texts, stored = json.loads(listed.read_text("utf-8")), np.load(kept)
    sounds = [stored[f"{i:04}"].astype(np.float32) / 32768 for i in range(len(texts))]
    rng, rooms = np.random.default_rng(seed), augment.Rooms(sounds[:40], seed)
    noisy = [clips.in_room(s, rooms, rng) for s in sounds]
    pack = lambda s: (s * 32767).astype(np.int16)  # noqa: E731
    return {
        "clean": [Clip(t, pack(s)) for t, s in zip(texts, sounds, strict=True)],
        "noisy": [Clip(t, pack(s)) for t, s in zip(texts, noisy, strict=True)],
    }
