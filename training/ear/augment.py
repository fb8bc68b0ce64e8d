"""One clean clip in, the same words as they would reach a microphone in some room out. Each clip is changed anew each time
it is drawn, with nothing but cheap arithmetic, so that one slow core keeps up with the training."""

from __future__ import annotations

import numpy as np
from scipy.signal import oaconvolve

from . import sounds

RATE = sounds.RATE


class Rooms:
    """Background sound and rooms to draw from, made once."""

    def __init__(self, voices: list[np.ndarray], seed: int, seconds: float = 20, rooms: int = 60):
        rng = np.random.default_rng(seed)
        kinds = ["white", "pink", "pink", "brown", "hum", "music", "music", "knocks"]
        self.noises = [sounds.make(k, seconds, rng) for k in kinds]
        for _ in range(4 if voices else 0):
            crowd = [voices[rng.integers(len(voices))] for _ in range(rng.integers(3, 9))]
            self.noises.append(sounds.babble(crowd, seconds, rng))
        self.rooms = [room(rng) for _ in range(rooms)]

    def background(self, n: int, rng: np.random.Generator) -> np.ndarray:
        noise = self.noises[rng.integers(len(self.noises))]
        at = rng.integers(len(noise))
        return np.take(noise, np.arange(at, at + n), mode="wrap")


def room(rng: np.random.Generator) -> np.ndarray:
    """The answer of a room to one knock: the direct sound, a few walls, and a tail that dies away in 0.1 to 0.8 s."""
    length = int(rng.uniform(0.1, 0.8) * RATE)
    t = np.arange(length) / RATE
    tail = rng.standard_normal(length) * np.exp(-6.9 * t / (length / RATE))
    tail *= rng.uniform(0.03, 0.35) / np.sqrt((tail**2).sum())
    for at in rng.integers(16, 640, 6):
        tail[min(at, length - 1)] += rng.uniform(-0.5, 0.5)
    tail[0] = 1
    return tail.astype(np.float32)


def apply(clip: np.ndarray, rooms: Rooms, rng: np.random.Generator, hard: float = 1.0) -> np.ndarray:
    """`hard` from 0 (as recorded, but for level and silence about it) to 1 scales how often each harm is done."""
    sound = clip
    if rng.random() < 0.7 * hard:
        speed = rng.uniform(0.87, 1.15)
        sound = np.interp(np.arange(0, len(sound) - 1, speed), np.arange(len(sound)), sound).astype(np.float32)
    before, after = int(rng.exponential(0.15) * RATE), int(rng.exponential(0.12) * RATE)
    sound = np.pad(sound, (min(before, RATE), min(after, RATE // 2)))
    if rng.random() < 0.45 * hard:
        sound = oaconvolve(sound, rooms.rooms[rng.integers(len(rooms.rooms))])[: len(sound)]
    if rng.random() < 0.5 * hard:
        sound = _microphone(sound, rng)
    if rng.random() < 0.7 * hard:
        level = np.sqrt(np.mean(np.square(clip))) * 10 ** (-rng.triangular(0, 18, 32) / 20)
        noise = rooms.background(len(sound), rng)
        sound = sound + noise * (level / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-6))
    else:
        sound = sound + rng.standard_normal(len(sound)) * 10 ** rng.uniform(-5, -3)
    sound = sound / max(float(np.abs(sound).max()), 1e-6)
    if rng.random() < 0.08 * hard:
        sound = np.clip(sound * rng.uniform(1.5, 5), -1, 1)
    sound = sound * 10 ** rng.uniform(-1.5, 0)
    if rng.random() < 0.08 * hard:
        # What a telephone's eight bits leave.
        small = np.round(np.log1p(255 * np.abs(sound)) / np.log(256) * 127) / 127
        sound = np.sign(sound) * np.expm1(small * np.log(256)) / 255
    return sound.astype(np.float32)


def _microphone(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A microphone that favours some frequencies, and for two in five the band of a telephone, of a cheap microphone, or of a
    recording at 8 kHz, which ends at once."""
    spectrum = np.fft.rfft(sound)
    hertz = np.linspace(0, RATE / 2, len(spectrum))
    bends = [0, 150, 400, 900, 1800, 3200, 5000, RATE / 2]
    spectrum *= 10 ** (np.interp(hertz, bends, np.cumsum(rng.normal(0, 3, len(bends)))) / 20)
    band = rng.random()
    if band < 0.12:
        spectrum[hertz > rng.uniform(3300, 4000)] = 0
    elif band < 0.4:
        low, high = (300, 3400) if rng.random() < 0.5 else (rng.uniform(20, 250), rng.uniform(2800, 7500))
        spectrum *= 1 / (1 + (low / np.maximum(hertz, 1)) ** 4) / (1 + (hertz / high) ** 8)
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)
