"""Sound to what the encoder sees: log-mel spectrograms exactly as whisper.cpp makes them. Samples at 16 kHz in,
(batch, mels, frames) out; augmentation that lives in the spectrum is done here too, where it is cheap."""

from __future__ import annotations

import numpy as np
import torch

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 80
# One encoder position is two frames; the server rounds the clip up to a multiple of eight positions.
POSITION = 2 * HOP
TAIL_SECONDS, LEAST_SECONDS = 0.4, 1.1


def positions(samples: int) -> int:
    """How many encoder positions the server gives to a clip: its silence after the clip is counted in."""
    padded = max(samples + int(TAIL_SECONDS * RATE), int(LEAST_SECONDS * RATE))
    return -(-padded // POSITION) + 7 & ~7


def batch(sounds: list[np.ndarray]) -> torch.Tensor:
    """16-bit sounds of any lengths as (sounds, samples) between -1 and 1, with the silence that the server puts behind."""
    filled = torch.zeros(len(sounds), max(positions(len(s)) for s in sounds) * POSITION)
    for row, sound in zip(filled, sounds, strict=True):
        row[: len(sound)] = torch.from_numpy(sound.astype(np.float32) / 32768)
    return filled


def mel_filters() -> np.ndarray:
    """(MELS, WINDOW // 2 + 1): the triangles of Slaney's scale, each of area one, as Whisper uses them."""

    def to_mel(hertz: np.ndarray) -> np.ndarray:
        return np.where(hertz < 1000, hertz * 3 / 200, 15 + np.log(np.maximum(hertz, 1) / 1000) * 27 / np.log(6.4))

    def to_hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    edges = to_hertz(np.linspace(to_mel(np.array(0.0)), to_mel(np.array(RATE / 2.0)), MELS + 2))
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return (np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


class LogMel(torch.nn.Module):
    def __init__(self, filters: np.ndarray | None = None):
        super().__init__()
        filters = mel_filters() if filters is None else filters
        self.register_buffer("filters", torch.tensor(filters), persistent=False)
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)

    def forward(self, samples: torch.Tensor, warp: torch.Tensor | None = None) -> torch.Tensor:
        """(batch, samples), a multiple of `HOP` long, to (batch, MELS, samples / HOP). `warp` (batch, bins, 2 indices
        and a weight) stretches the frequency axis: another vocal tract."""
        spectrum = torch.stft(
            torch.nn.functional.pad(samples[:, None], (WINDOW // 2, 0), mode="reflect")[:, 0],
            WINDOW, HOP, window=self.window, center=False, return_complex=True,
        ) if samples.shape[1] > WINDOW else None  # fmt: skip
        if spectrum is None:
            raise ValueError(f"{samples.shape[1]} samples are too few")
        power = spectrum.abs().square()
        if warp is not None:
            index = warp[..., 0].long()[..., None].expand(-1, -1, power.shape[2])
            weight = warp[..., 1:2]
            upper = (index + 1).clamp(max=power.shape[1] - 1)
            power = power.gather(1, index) * (1 - weight) + power.gather(1, upper) * weight
        logs = (self.filters @ power).clamp(min=1e-10).log10()
        frames = samples.shape[1] // HOP
        if logs.shape[2] < frames:
            logs = torch.nn.functional.pad(logs, (0, frames - logs.shape[2]), value=-10.0)
        logs = logs[:, :, :frames]
        loudest = logs.amax(dim=(1, 2), keepdim=True)
        return (torch.maximum(logs, loudest - 8) + 4) / 4


def warps(factors: np.ndarray) -> torch.Tensor:
    """For each factor (above 1: a shorter tract) where each frequency bin is read from."""
    bins = WINDOW // 2 + 1
    at = np.clip(np.arange(bins)[None] / factors[:, None], 0, bins - 1)
    low = np.floor(at)
    return torch.from_numpy(np.stack([low, at - low], axis=2).astype(np.float32))


def mask(mel: torch.Tensor, generator: np.random.Generator, bands: int, spans: int) -> torch.Tensor:
    """SpecAugment: up to `bands` bands of at most 12 mels and `spans` spans of at most 0.15 s are set to the clip's mean."""
    mel = mel.clone()
    for clip in mel:
        level = clip.mean()
        for _ in range(generator.integers(0, bands + 1)):
            width = int(generator.integers(1, 13))
            at = int(generator.integers(0, MELS - width))
            clip[at : at + width] = level
        for _ in range(generator.integers(0, spans + 1)):
            width = int(generator.integers(1, 16))
            at = int(generator.integers(0, max(1, clip.shape[1] - width)))
            clip[:, at : at + width] = level
    return mel
