"""Step `calibrate`: how far a model's own probabilities can be trusted. Hears development clips as the server does, fits
"is every word right?" to what each recognition leaves behind, and prints the line for `models/manifest.toml`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from . import features, ggml, model, sounds
from .data import Clip

# As `src/asr/confidence.rs` computes them from the server's tokens.
NAMES = ["bias", "mean", "least", "log_tokens", "tokens_a_second"]


def hear(ear: model.Ear, samples: np.ndarray, longest: int = 60) -> tuple[str, list[float]]:
    """Greedy words and the natural logarithm of each token's probability."""
    v = ear.vocabulary
    with torch.no_grad():
        heard = ear.encoder(ear.mel(features.batch([samples])))
        tokens, sure = [v.start, v.no_timestamps], []
        for _ in range(longest):
            logits = ear.decoder(torch.tensor([tokens]), heard)[0, -1] + ear.rows
            logits[[v.start, v.no_timestamps]] = -torch.inf
            chances = logits.log_softmax(0)
            chances[v.unused] = -torch.inf
            best = int(chances.argmax())
            if best == v.end:
                break
            tokens.append(best)
            sure.append(float(chances[best]))
    return v.decode(tokens[2:]), sure


def evidence(sure: list[float], samples: int) -> list[float]:
    n = len(sure)
    return [1, sum(sure) / n, min(sure), float(np.log(n)), n / (samples / features.RATE)]


def fit(x: np.ndarray, right: np.ndarray, ridge: float = 1e-2) -> np.ndarray:
    """Logistic regression by Newton's method."""
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (right - p) - ridge * w
        bend = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(w))
        w = w + np.linalg.solve(bend, slope)
    return w


def area(score: np.ndarray, right: np.ndarray) -> float:
    """Under the curve of `score` as a sign of being right."""
    good, bad = score[right == 1], score[right == 0]
    return float(((good[:, None] > bad) + 0.5 * (good[:, None] == bad)).mean())


def run(file: Path, clips: list[Clip], seed: int) -> None:
    ear = model.from_ggml(ggml.read(file)).eval()
    rng = np.random.default_rng(seed)
    clips = clips + [
        Clip("", (sounds.make(str(rng.choice(sounds.KINDS)), float(rng.uniform(0.8, 3)), rng) * 16000).astype(np.int16))
        for _ in range(40)
    ]
    rows, right = [], []
    for clip in clips:
        text, sure = hear(ear, clip.samples)
        if sure:
            rows.append(evidence(sure, len(clip.samples)))
            right.append(text == clip.text)
    x, y = np.array(rows), np.array(right, float)
    folds = np.arange(len(y)) % 5
    held = np.zeros(len(y))
    for k in range(5):
        held[folds == k] = x[folds == k] @ fit(x[folds != k], y[folds != k])
    plain = np.exp(0.7 * x[:, 1] + 0.3 * x[:, 2])
    print(f"calibrate: {len(y)} clips heard, {int(y.sum())} to the word; area {area(plain, y):.3f} without, {area(held, y):.3f} with (5 folds)")
    for low in (0.1, 0.2, 0.35, 0.5, 0.6, 0.8):
        p = 1 / (1 + np.exp(-held))
        print(f"calibrate: from {low}: {100 * (p[y == 1] >= low).mean():.0f}% of the right kept, {100 * (p[y == 0] < low).mean():.0f}% of the wrong refused")
    w = fit(x, y)
    print("confidence = { " + ", ".join(f"{n} = {v:.3f}" for n, v in zip(NAMES, w, strict=True)) + " }")
