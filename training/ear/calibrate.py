"""Step `calibrate`: how far a model's own probabilities can be trusted. Has the server hear development clips, fits "is every
word right?" to what each recognition leaves behind, and prints the line for `models/manifest.toml`."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from . import features, sounds
from .data import Clip

PROJECT = Path(__file__).resolve().parents[2]
# What the server weighs: the names of `evidence` in `voicecart hear --json`, and of the manifest's weights.
SIGNS = ["mean", "least", "log_tokens", "tokens_a_second"]


def hear(program: Path, model: Path, clips: list[Clip]) -> list[tuple[str, list[float]]]:
    """Words and signs of each clip in which something was heard; no words for the others."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{i:05}.wav" for i in range(len(clips))]
        for file, clip in zip(files, clips, strict=True):
            soundfile.write(file, clip.samples, features.RATE)
        settings = [f"asr.model={model.resolve()}", f"data_dir={folder}/data"]
        command = [str(program.resolve()), "hear", "--json", *(w for s in settings for w in ("--set", s)), *map(str, files)]
        # 3: some could not be answered, such as one that is too short.
        # Where the shop's words are.
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=PROJECT)
        rows = {row["file"]: row for row in map(json.loads, done.stdout.splitlines())}
        if not rows:
            raise RuntimeError(f"{program} hear answered nothing (exit {done.returncode})")
    heard = []
    for file in files:
        row = rows.get(str(file), {})
        evidence = row.get("evidence") or {}
        heard.append((row.get("transcript") or "", [evidence.get(sign, 0.0) for sign in SIGNS]))
    return heard


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


def run(program: Path, model: Path, clips: list[Clip], seed: int) -> None:
    rng = np.random.default_rng(seed)
    clips = clips + [
        Clip("", (sounds.make(str(rng.choice(sounds.KINDS)), float(rng.uniform(0.8, 3)), rng) * 16000).astype(np.int16))
        for _ in range(40)
    ]
    rows, right = [], []
    for clip, (text, signs) in zip(clips, hear(program, model, clips), strict=True):
        if text:
            rows.append([1.0, *signs])
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
    print("confidence = { " + ", ".join(f"{n} = {v:.3f}" for n, v in zip(["bias", *SIGNS], w, strict=True)) + " }")
