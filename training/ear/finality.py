"""Step `finality`: how a voice sounds that is finished, against one that only pauses. Learns it from recordings of people and
writes the table of weights that `src/audio/finality.rs` reads. What is computed here of a sound must be what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import data, features

# A frame is 48 ms of sound at half its rate; one begins every 32 ms. So many frames before a pause are looked at.
WINDOW, STEP, FRAMES = 384, 256, 48
# Of each frame: loudness, share of high sounds, the spectrum's shape, how periodic, pitch, whether there was sound at all.
SHAPE = 10
WIDTH = SHAPE + 5
HIDDEN = 16
# Periods looked for, in samples at half the rate: 400 down to 60 hertz.
PERIODS = (20, 133)
PERIODIC = 0.6
# A later period must be better by this for each sample: twice the true one is nearly as good.
LATER = 0.0006
# Sound after the last voice that is looked at as well: how the voice dies away. And by how much the detector is late.
AFTER = features.RATE * 80 // 1000
LATE = features.RATE * 130 // 1000
# Loudness is looked at in frames of 16 ms; the shortest gap that counts as a pause has so many.
STEP_LOUD = 256
GAP = 8
COPIES = 4
# Quiet moments inside the words of a clip at which the speaker might have stopped, and what one is worth: few people pause
# in the recordings, but wherever they do, they have not finished.
DIPS = 4
DIP_WEIGHT = 0.4
# Speakers are kept back in so many parts in turn, to see what it is worth with strangers.
PARTS = 5
# What share of those who are finished is to lie above nought.
SURE = 0.6


def look(sound: np.ndarray) -> np.ndarray:
    """(FRAMES, WIDTH) of the end of a sound, the last frame ending where it ends."""
    out = np.zeros((FRAMES, WIDTH), np.float32)
    count = min(FRAMES, (len(sound) - 2 * WINDOW) // (2 * STEP) + 1)
    if count <= 0:
        return out
    starts = len(sound) - 2 * WINDOW - 2 * STEP * np.arange(count)[::-1]
    whole = sound[starts[:, None] + np.arange(2 * WINDOW)].astype(np.float64)
    half = whole.reshape(count, WINDOW, 2).mean(2)
    half -= half.mean(1, keepdims=True)
    squares = np.concatenate([np.zeros((count, 1)), np.cumsum(half**2, axis=1)], axis=1)
    lags = np.arange(PERIODS[1] + 2)
    spectrum = np.fft.rfft(half, 1024, axis=1)
    products = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, lags]
    alike = products / np.sqrt(squares[:, WINDOW - lags] * (squares[:, [WINDOW]] - squares[:, lags]) + 1e-9)
    loud = np.log(squares[:, WINDOW] / WINDOW + 1e-8)
    steps = np.square(np.diff(whole, axis=1)).mean(1)
    high = np.log(steps + 1e-8) - np.log(np.square(whole).mean(1) + 1e-8)
    low, top = PERIODS
    here, before, after = alike[:, low : top + 1], alike[:, low - 1 : top], alike[:, low + 1 : top + 2]
    peaks = np.where((here >= before) & (here >= after), here - LATER * lags[low : top + 1], -1)
    period = peaks.argmax(1)
    strength = np.where(peaks.max(1) > -1, here[np.arange(count), period], 0)
    pitch = -np.log2(period + low)
    voiced = strength > PERIODIC
    usual = (loud[voiced].mean(), np.median(pitch[voiced])) if voiced.any() else (loud.max(), 0.0)
    out[-count:, 0] = np.clip(loud - usual[0], -9, 3) / 3
    out[-count:, 1] = high / 3
    out[-count:, 2 : 2 + SHAPE] = alike[:, 1 : SHAPE + 1]
    out[-count:, -3] = 2 * strength - 1
    out[-count:, -2] = np.where(voiced, 4 * np.clip(pitch - usual[1], -0.6, 0.6), 0)
    out[-count:, -1] = 1
    return out


@dataclass
class Pause:
    """Where a voice ended in a clip; `final` where nothing came after it. `weight`: what it is worth to tell."""

    at: int
    final: bool
    weight: float
    # The voice went on there: what follows is not a pause's.
    inside: bool = False


def pauses(clip: np.ndarray, rng: np.random.Generator) -> list[Pause]:
    """By loudness alone: between the words, after the last one, and at some quiet moments inside."""
    loud = loudness(clip)
    floor, top = np.quantile(loud, 0.1), np.quantile(loud, 0.95)
    heard = np.flatnonzero(loud > min(max(3 * floor, 0.05 * top), 0.4 * top))
    if not len(heard):
        return []
    ended = lambda frame: int(frame + 1) * STEP_LOUD  # noqa: E731
    # Who pauses for long must be told from who has finished; for a short gap nobody asks.
    gaps = [(a, b - a - 1) for a, b in zip(heard, heard[1:]) if b - a > GAP]
    found = [Pause(ended(at), False, min(max(length / 16, 0.4), 1.5)) for at, length in gaps]
    smooth = np.convolve(loud, np.ones(3) / 3, "same")
    inside = range(heard[0] + 12, heard[-1] - 8)
    dips = [i for i in inside if smooth[i] == smooth[max(0, i - 6) : i + 7].min() and smooth[i] < 0.35 * top]
    found += [Pause(ended(at), False, DIP_WEIGHT, inside=True) for at in rng.permutation(dips)[:DIPS]]
    return [*found, Pause(ended(heard[-1]), True, 0.7)]


def loudness(clip: np.ndarray) -> np.ndarray:
    whole = clip[: len(clip) // STEP_LOUD * STEP_LOUD].reshape(-1, STEP_LOUD)
    return np.sqrt(np.square(whole).mean(1))


class Net(nn.Module):
    """Goes over the frames once and remembers."""

    def __init__(self):
        super().__init__()
        self.memory = nn.GRU(WIDTH, HIDDEN, batch_first=True)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(HIDDEN, 1)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.out(self.drop(self.memory(frames)[0][:, -1]))[:, 0]


@dataclass
class Examples:
    frames: torch.Tensor
    final: torch.Tensor
    weight: torch.Tensor
    speaker: np.ndarray

    def of(self, which: np.ndarray) -> Examples:
        at = torch.from_numpy(np.flatnonzero(which))
        return Examples(self.frames[at], self.final[at], self.weight[at], self.speaker[which])


def examples(clips: list[data.Clip], seed: int) -> Examples:
    """Each pause several times: the detector is late by more or less, and the room louder or less so. Behind it is the room's
    own sound, as loud as where the clip is quietest."""
    rng = np.random.default_rng(seed)
    frames, final, weight, speaker = [], [], [], []
    for clip in clips:
        sound = clip.samples.astype(np.float32) / 32768
        if len(sound) < STEP_LOUD:
            continue
        room = 1.73 * loudness(sound).min()
        for pause in pauses(sound, rng):
            for copy in range(1 if pause.inside else COPIES):
                after = AFTER + int(rng.integers(0, LATE))
                rest = sound[:0] if pause.inside else sound[pause.at : pause.at + after]
                silence = room * rng.uniform(-1, 1, after - len(rest)).astype(np.float32)
                heard = np.concatenate([sound[: pause.at], rest, silence])[-2 * (WINDOW + STEP * FRAMES) :]
                if copy % 2 or (pause.inside and rng.random() < 0.5):
                    noise = np.abs(sound).max() * 10 ** -rng.uniform(1.2, 2.5)
                    heard = heard + noise * rng.standard_normal(len(heard)).astype(np.float32)
                frames.append(look(heard))
                final.append(pause.final)
                weight.append(pause.weight)
                speaker.append(clip.speaker)
    stacked = torch.from_numpy(np.stack(frames))
    return Examples(stacked, torch.tensor(final, dtype=torch.float32), torch.tensor(weight), np.array(speaker))


def blurred(x: torch.Tensor) -> torch.Tensor:
    """The same frames a little different each time: louder, faster, with parts missing."""
    n, there = len(x), x[:, :, -1:].clone()
    x = x.clone()
    x[:, :, :2] += there * (0.2 * torch.randn(n, 1, 2) + 0.1 * torch.randn(n, FRAMES, 2))
    x[:, :, 2 : 2 + SHAPE] += there * (0.05 * torch.randn(n, 1, SHAPE) + 0.03 * torch.randn(n, FRAMES, SHAPE))
    times = torch.arange(FRAMES)[None]
    hole = torch.randint(0, FRAMES - 5, (n, 1))
    x *= (~((times >= hole) & (times < hole + 3) & (torch.rand(n, 1) < 0.4)))[..., None]
    begin = torch.randint(5, FRAMES - 10, (n, 1)) * (torch.rand(n, 1) < 0.4)
    x *= (times >= begin)[..., None]
    length = int(FRAMES * float(torch.empty(1).uniform_(0.85, 1.18)))
    x = nn.functional.interpolate(x.transpose(1, 2), size=length, mode="linear", align_corners=False).transpose(1, 2)
    return x[:, -FRAMES:] if length >= FRAMES else torch.cat([torch.zeros(n, FRAMES - length, WIDTH), x], 1)


def learn(examples: Examples, seed: int, steps: int = 1500, batch: int = 96) -> Net:
    torch.manual_seed(seed)
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, total_steps=steps)
    for _ in range(steps):
        at = torch.randint(0, len(examples.final), (batch,))
        guess = net(blurred(examples.frames[at]))
        loss = nn.functional.binary_cross_entropy_with_logits(guess, examples.final[at], examples.weight[at])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.eval()


def guess(net: Net, frames: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return net(frames)


def told_apart(odds: torch.Tensor, final: torch.Tensor) -> float:
    """How often a finished voice has higher odds than one that pauses."""
    yes, no = odds[final == 1], odds[final == 0]
    return float((yes[:, None] > no).float().mean() + (yes[:, None] == no).float().mean() / 2)


def thousandths(name: str, values: torch.Tensor) -> str:
    """A constant of Rust, a row a line."""
    numbers = (values.detach() * 1000).round().clamp(-32768, 32767).int().tolist()
    rows = numbers if values.dim() == 2 else [numbers]
    text = [", ".join(map(str, row)) for row in rows] if values.dim() else []
    if not values.dim():
        return f"pub(super) const {name}: i16 = {numbers};\n"
    if values.dim() == 1:
        return f"pub(super) const {name}: [i16; {len(numbers)}] = [{text[0]}];\n"
    lines = "".join(f"    [{row}],\n" for row in text)
    return f"pub(super) static {name}: [[i16; {len(rows[0])}]; {len(rows)}] = [\n{lines}];\n"


def table(net: Net, shift: float) -> str:
    """The file of Rust; `rustfmt` lays it out."""
    memory = net.memory
    return (
        "//! What `training/ear/finality.py` learned, in thousandths. Written by it: change it there.\n\n"
        "/// The gates (reset, keep, new) of each cell by what is heard and by what was remembered.\n"
        + thousandths("INPUT", memory.weight_ih_l0)
        + thousandths("RECURRENT", memory.weight_hh_l0)
        + thousandths("INPUT_BIAS", memory.bias_ih_l0)
        + thousandths("RECURRENT_BIAS", memory.bias_hh_l0)
        + "/// From the memory to the odds.\n"
        + thousandths("OUT", net.out.weight[0])
        + thousandths("OUT_BIAS", net.out.bias[0] - shift)
    )


def run(lists: list[Path], out: Path, seed: int) -> None:
    clips = [c for dev in (False, True) for c in data.people(lists, dev)]
    found = examples(clips, seed)
    speakers = sorted(set(found.speaker))
    np.random.default_rng(seed).shuffle(speakers)
    part = np.array([speakers.index(s) % PARTS for s in found.speaker])
    odds = torch.zeros(len(part))
    for kept in range(PARTS):
        net = learn(found.of(part != kept), seed)
        odds[torch.from_numpy(part == kept)] = guess(net, found.frames[torch.from_numpy(part == kept)])
    print(f"finality: {len(part)} examples of {len(speakers)} speakers; strangers' pauses told apart: {told_apart(odds, found.final):.3f}")
    shift = float(odds[found.final == 1].quantile(1 - SURE))
    out.write_text(table(learn(found, seed), shift), "utf-8")
    print(f"finality: {out}; run cargo fmt, then cargo bench --bench endpointing")
