"""Clips to train on: the synthesised shards, recordings of people, and sounds made on the spot. Draws a mixture, sorts it
by length and gives out batches of samples and tokens; knows nothing of how they are learned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np
import soundfile
import torch

from . import augment, features, sounds
from .vocabulary import ALPHABET, Vocabulary

# What share of the clips comes from where. People have the fewest clips and are the hardest: they come back often, but
# beyond a quarter the model learns them by heart.
MIXTURE = {
    "people": 0.13, "cut": 0.09, "command": 0.37, "number": 0.10, "spelled": 0.05, "word": 0.09, "general": 0.10, "foreign": 0.03,
    "sound": 0.04,
}  # fmt: skip


@dataclass
class Clip:
    """Text and where its samples lie: whole in `samples`, 16 bit. `speaker` where it is known."""

    text: str
    samples: np.ndarray
    speaker: str = ""


@dataclass
class Batch:
    samples: torch.Tensor  # (clips, samples), with the silence that the server puts behind
    warp: torch.Tensor
    tokens: torch.Tensor  # (clips, longest): start, no-timestamps, the text, end; -1 behind
    letters: torch.Tensor  # all clips' letters in a row
    lengths: torch.Tensor  # how many letters each clip has

    def to(self, device: torch.device) -> Batch:
        return Batch(*(t.to(device) for t in (self.samples, self.warp, self.tokens, self.letters, self.lengths)))


def people(lists: list[Path], dev: bool) -> list[Clip]:
    """Clips of {"file", "text", "speaker"} lists; every twelfth speaker is kept for development."""
    clips = []
    for path in lists:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        kept = set(sorted({r["speaker"] for r in rows})[::12])
        listed = []
        for row in rows:
            if (row["speaker"] in kept) == dev:
                samples, rate = soundfile.read(path.parent / row["file"], dtype="int16")
                if rate != features.RATE or samples.ndim != 1:
                    raise ValueError(f"{row['file']} is not 16 kHz mono")
                listed.append(Clip(row["text"].lower(), samples, row["speaker"]))
        if swapped([c.samples for c in listed]):
            print(f"people: the two bytes of each sample in {path} are swapped; they are swapped back", flush=True)
            for clip in listed:
                clip.samples = clip.samples.byteswap()
        clips += listed
    return clips


def swapped(sounds: list[np.ndarray]) -> bool:
    """Whether most of these 16-bit sounds are smoother with their bytes the other way round, as speech is and noise is
    not: AN4's are, in copies that took its big-endian samples for little-endian ones."""

    def rough(sound: np.ndarray) -> float:
        x = sound.astype(np.float32)
        return float(np.square(np.diff(x)).mean() / max(float(np.square(x).mean()), 1.0)) if len(x) > 1 else 0.0

    return 2 * sum(rough(s.byteswap()) < rough(s) for s in sounds) > len(sounds)


class Corpus:
    """Every clip there is by kind. `refresh` takes in shards that were finished since."""

    def __init__(self, audio: Path, recordings: list[Path]):
        self.audio, self.seen = audio, set()
        self.kinds: dict[str, list[Clip]] = {"people": people(recordings, dev=False)}
        self.refresh()

    def refresh(self) -> None:
        for listed in sorted(self.audio.glob("*.jsonl")):
            if listed.name in self.seen:
                continue
            self.seen.add(listed.name)
            samples = np.load(listed.with_suffix(".npy"), mmap_mode="r")
            for line in listed.read_text("utf-8").splitlines():
                row = json.loads(line)
                clip = Clip(row["text"], samples[row["start"] : row["start"] + row["length"]])
                self.kinds.setdefault(row["kind"], []).append(clip)


class Mixture:
    """Batches without end; the same seed draws the same ones as long as the corpus stays as it is."""

    def __init__(self, corpus: Corpus, vocabulary: Vocabulary, seconds: float, seed: int):
        self.corpus, self.vocabulary, self.room = corpus, vocabulary, int(seconds * features.RATE / features.POSITION)
        self.rng = np.random.default_rng(seed)
        voices = [c for kind in ("general", "command") for c in corpus.kinds.get(kind, [])[:60]]
        self.rooms = augment.Rooms([c.samples[:].astype(np.float32) / 32768 for c in voices], seed)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            have = {k: share for k, share in MIXTURE.items() if k == "sound" or self.corpus.kinds.get(k)}
            shares = np.array(list(have.values())) / sum(have.values())
            kinds = self.rng.choice(list(have), 256, p=shares)
            drawn = sorted((self.draw(str(kind)) for kind in kinds), key=lambda d: len(d[1]))
            batches, batch = [], []
            for item in drawn:
                if batch and features.positions(len(item[1])) * (len(batch) + 1) > self.room:
                    batches.append(batch)
                    batch = []
                batch.append(item)
            batches.append(batch)
            for at in self.rng.permutation(len(batches)):
                yield self.collate(batches[at])

    def draw(self, kind: str) -> tuple[str, np.ndarray]:
        rng = self.rng
        if kind == "sound":
            seconds = float(rng.uniform(0.6, 3))
            sound = (
                sounds.make(str(rng.choice(sounds.KINDS)), seconds, rng)
                if rng.random() < 0.6
                else self.rooms.background(int(seconds * features.RATE), rng)
            )
            return "", (sound * 10 ** rng.uniform(-2, 0)).astype(np.float32)
        clips = self.corpus.kinds[kind]
        clip = clips[rng.integers(len(clips))]
        samples = clip.samples.astype(np.float32) / 32768
        # Many clips stay as they are: that too is heard, and a short training needs something easy.
        hard = 1.0 if rng.random() > 0.35 else 0.0
        return clip.text, augment.apply(samples, self.rooms, rng, hard)[: 15 * features.RATE]

    def collate(self, items: list[tuple[str, np.ndarray]]) -> Batch:
        v = self.vocabulary
        longest = max(features.positions(len(s)) for _, s in items) * features.POSITION
        samples = np.zeros((len(items), longest), np.float32)
        rows = [[v.start, v.no_timestamps, *v.encode(text), v.end] for text, _ in items]
        tokens = np.full((len(items), max(map(len, rows))), -1)
        for i, (_, sound) in enumerate(items):
            samples[i, : len(sound)] = sound
            tokens[i, : len(rows[i])] = rows[i]
        factors = np.where(self.rng.random(len(items)) < 0.6, self.rng.uniform(0.85, 1.18, len(items)), 1.0)
        letters = [[ALPHABET.index(c) + 1 for c in text] for text, _ in items]
        return Batch(
            torch.from_numpy(samples),
            features.warps(factors),
            torch.from_numpy(tokens),
            torch.tensor([c for row in letters for c in row], dtype=torch.long),
            torch.tensor([len(row) for row in letters]),
        )
