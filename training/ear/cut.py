"""Step `cut`: people's words put together anew. A few hundred recordings hold few combinations of words, and a model learns
those by heart; so each recording is taken apart at its words, by the letters that a trained encoder hears in it, and the
words of one speaker are strung together as nobody said them. Letters are heard a little early or late, so a piece counts
only where the model hears its word in it. Recordings and a model in, shards of kind `cut` out, beside those of the
synthesisers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import features, model, synth
from .data import Clip
from .vocabulary import ALPHABET

# Positions by which both ends of a piece are moved until its word is heard in it.
SHIFTS = (0, -4, 4, -8)
EDGE = features.RATE // 100  # samples over which a piece is faded in and out


@dataclass
class Piece:
    """One word of one speaker."""

    word: str
    samples: np.ndarray


def path(chances: np.ndarray, letters: list[int]) -> np.ndarray:
    """The likeliest position of each letter (CTC, Viterbi) in `chances` (positions, letters; natural logarithms).
    ValueError where the letters need more positions than there are."""
    states = [model.BLANK]
    for letter in letters:
        states += [letter, model.BLANK]
    wanted = np.array(states)
    if len(chances) < len(letters):
        raise ValueError(f"{len(letters)} letters in {len(chances)} positions")
    # A blank may be left out between two letters that differ.
    skips = np.zeros(len(wanted), bool)
    skips[3::2] = wanted[3::2] != wanted[1:-2:2]
    score = np.full(len(wanted), -np.inf)
    score[:2] = chances[0, wanted[:2]]
    came = np.zeros((len(chances), len(wanted)), np.int8)
    for t in range(1, len(chances)):
        one = np.concatenate([[-np.inf], score[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf, -np.inf], score[:-2]]), -np.inf)
        options = np.stack([score, one, two])
        came[t] = options.argmax(0)
        score = options.max(0) + chances[t, wanted]
    at = len(wanted) - 1 if score[-1] >= score[-2] else len(wanted) - 2
    places = np.zeros(len(letters), int)
    for t in range(len(chances) - 1, -1, -1):
        if at % 2:
            places[at // 2] = t
        at -= came[t, at]
    return places


def spans(clip: Clip, chances: np.ndarray) -> list[tuple[int, int]]:
    """Where each word of the clip lies, in positions: cut where it is quietest between two; none where there is no room
    for the words."""
    said = clip.text.split()
    try:
        places = path(chances, [ALPHABET.index(c) + 1 for c in clip.text])
    except ValueError:
        return []
    loudness = np.array([np.sqrt(np.mean(np.square(c.astype(np.float32)))) for c in np.array_split(clip.samples, len(chances))])
    cuts, first = [max(0, places[0] - 12)], 0
    for word in said[:-1]:
        last = first + len(word) - 1
        first = last + 2  # past the space between two words
        low, high = places[last] + 1, max(places[first], places[last] + 2)
        cuts.append(low + int(loudness[low:high].argmin()) if low < len(loudness) else low)
    cuts.append(min(len(loudness), places[-1] + 18))
    return list(zip(cuts, cuts[1:], strict=False))


def pieces(ear: model.Ear, clip: Clip) -> list[Piece]:
    """The clip's words that are heard as such when they stand alone."""
    with torch.no_grad():
        chances = ear.letters(ear.encoder(ear.mel(features.batch([clip.samples]))))[0].float().log_softmax(1).numpy()
    chances = chances[: -(-len(clip.samples) // features.POSITION)]
    left = list(zip(clip.text.split(), spans(clip, chances), strict=False))
    found = []
    for shift in SHIFTS:
        tried = [(w, clip.samples[max(0, a + shift) * features.POSITION : (b + shift) * features.POSITION]) for w, (a, b) in left]
        long = [len(s) > 4 * features.POSITION for _, s in tried]
        heard = iter(_hear(ear, [s for (_, s), fits in zip(tried, long, strict=True) if fits]))
        right = [fits and next(heard) == w for (w, _), fits in zip(tried, long, strict=True)]
        found += [Piece(w, s.astype(np.float32) / 32768) for (w, s), r in zip(tried, right, strict=True) if r]
        left = [at for at, r in zip(left, right, strict=True) if not r]
    return found


def _hear(ear: model.Ear, sounds: list[np.ndarray]) -> list[str]:
    return ear.transcribe(ear.mel(features.batch(sounds)), longest=8) if sounds else []


def string(found: list[Piece], rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """One to eight of a speaker's words in a row, short rows most often."""
    chosen = [found[i] for i in rng.integers(0, len(found), min(8, 1 + int(rng.exponential(2.2))))]
    sounds: list[np.ndarray] = []
    for piece in chosen:
        samples = piece.samples / max(float(np.abs(piece.samples).max()), 1e-4) * rng.uniform(0.4, 0.7)
        edge = min(EDGE, len(samples) // 2)
        slope = np.linspace(0, 1, edge, dtype=np.float32)
        samples[:edge] *= slope
        samples[len(samples) - edge :] *= slope[::-1]
        sounds += [samples, np.zeros(int(rng.exponential(0.05) * features.RATE), np.float32)]
    return " ".join(p.word for p in chosen), np.concatenate(sounds)


def run(ear: model.Ear, clips: list[Clip], out: Path, count: int, seed: int) -> None:
    """Writes `count` strings of words."""
    by_speaker: dict[str, list[Piece]] = defaultdict(list)
    for clip in clips:
        by_speaker[clip.speaker] += pieces(ear, clip)
    speakers = [found for found in by_speaker.values() if len(found) >= 5]
    rng = np.random.default_rng(seed)
    for n in range(-(-count // synth.SHARD) if speakers else 0):
        made = [string(speakers[rng.integers(len(speakers))], rng) for _ in range(min(synth.SHARD, count - n * synth.SHARD))]
        rows = [({"text": text, "kind": "cut", "voice": "people"}, samples) for text, samples in made]
        synth.keep(out, f"cut-{n:04}", rows)
    said = sum(len(c.text.split()) for c in clips)
    print(f"cut: {sum(map(len, by_speaker.values()))} of {said} words of {len(speakers)} speakers", flush=True)
