"""Sounds that are nobody speaking: noise, hum, knocks, music-like tones, and the murmur of many voices. Random numbers in,
samples at 16 kHz out; nothing is recorded."""

from __future__ import annotations

import numpy as np

RATE = 16_000
KINDS = ("white", "pink", "brown", "hum", "music", "knocks", "silence")


def make(kind: str, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """`seconds` of one of `KINDS`, loudest sample at most 1."""
    n = max(1, int(seconds * RATE))
    sound = {
        "white": lambda: coloured(n, 0, rng),
        "pink": lambda: coloured(n, 1, rng),
        "brown": lambda: coloured(n, 2, rng),
        "hum": lambda: _hum(n, rng),
        "music": lambda: _music(n, rng),
        "knocks": lambda: _knocks(n, rng),
        "silence": lambda: coloured(n, 1, rng) * 1e-3,
    }[kind]()
    loudest = np.abs(sound).max()
    return (sound if kind == "silence" else sound / max(loudest, 1e-6)).astype(np.float32)


def coloured(n: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with the frequency to the power of `slope`, with a slow swell as rooms and streets have."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** (slope / 2)
    swell = 1 + 0.4 * np.sin(np.arange(n) * (2 * np.pi * rng.uniform(0.1, 1.5) / RATE) + rng.uniform(0, 6))
    return np.fft.irfft(spectrum, n) * swell


def babble(clips: list[np.ndarray], seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Several clips on top of each other: a crowd in which no word can be made out."""
    n = int(seconds * RATE)
    crowd = np.zeros(n, np.float32)
    for clip in clips:
        crowd += np.roll(np.resize(clip, n), rng.integers(n)) * rng.uniform(0.4, 1)
    return crowd / max(float(np.abs(crowd).max()), 1e-6)


def _hum(n: int, rng: np.random.Generator) -> np.ndarray:
    t, base = np.arange(n) / RATE, rng.choice([50, 60, 100, 120]) * rng.uniform(0.98, 1.02)
    tones = sum(rng.uniform(0.1, 1) / k * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) for k in range(1, 12))
    return tones + 0.1 * coloured(n, 1, rng)


def _music(n: int, rng: np.random.Generator) -> np.ndarray:
    sound, at = np.zeros(n), 0
    key, beat = rng.uniform(110, 330), int(rng.uniform(0.12, 0.5) * RATE)
    harmonics = 1 / np.arange(1, 9) ** rng.uniform(0.7, 2)
    while at < n:
        length = min(beat * int(rng.integers(1, 4)), n - at)
        t = np.arange(length) / RATE
        for step in rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 16, 19], rng.integers(1, 4)):
            tone = key * 2 ** (step / 12)
            shape = np.exp(-t * rng.uniform(1, 6)) * np.minimum(1, t * 80)
            wave = sum(a * np.sin(2 * np.pi * tone * k * t) for k, a in enumerate(harmonics, 1) if tone * k < RATE / 2)
            sound[at : at + length] += shape * wave
        if rng.random() < 0.5:
            hit = min(1200, length)
            sound[at : at + hit] += rng.standard_normal(hit) * np.exp(-np.arange(hit) / 250) * rng.uniform(0.5, 2)
        at += length
    return sound


def _knocks(n: int, rng: np.random.Generator) -> np.ndarray:
    sound = coloured(n, 1, rng) * 0.02
    for at in rng.integers(0, n, rng.integers(1, 8)):
        length = min(int(rng.uniform(0.02, 0.15) * RATE), n - at)
        t = np.arange(length)
        ring = np.sin(t * rng.uniform(0.03, 1.2)) + 0.5 * rng.standard_normal(length)
        sound[at : at + length] += ring * np.exp(-t / (length / 5)) * rng.uniform(0.3, 1)
    return sound
