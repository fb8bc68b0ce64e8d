"""Whisper's architecture in PyTorch, with whisper.cpp's names and rounding of GELU, one row for all unused tokens, and a
second, alignment-free reading (CTC over letters) of the encoder that only training uses. Weights come from a ggml file or
from nothing and go back to one."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import features, ggml
from .vocabulary import ALPHABET, END, FILE_SIZE, NO_TIMESTAMPS, START, Vocabulary

AUDIO_POSITIONS, TEXT_POSITIONS = 1500, 448
BLANK = 0  # of the letters' reading; letter i of ALPHABET is i + 1


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query, self.value, self.out = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, source: Tensor, causal: bool) -> Tensor:
        split = lambda t: t.unflatten(2, (self.heads, -1)).transpose(1, 2)  # noqa: E731
        q, k, v = split(self.query(x)), split(self.key(source)), split(self.value(source))
        if q.is_cuda:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        else:
            # What torch does by itself on a processor takes a fifth longer for a whole step, sounds being so short.
            scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
            if causal:
                scores = scores.masked_fill(torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1), -math.inf)
            y = scores.softmax(-1).to(v.dtype) @ v
        return self.out(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, cross: bool, dropout: float):
        super().__init__()
        self.dropout = dropout
        self.attn, self.attn_ln = Attention(width, heads), nn.LayerNorm(width)
        if cross:
            self.cross_attn, self.cross_attn_ln = Attention(width, heads), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x: Tensor, source: Tensor | None = None) -> Tensor:
        drop = lambda t: F.dropout(t, self.dropout, self.training)  # noqa: E731
        y = self.attn_ln(x)
        x = x + drop(self.attn(y, y, source is not None))
        if source is not None:
            x = x + drop(self.cross_attn(self.cross_attn_ln(x), source, False))
        return x + drop(self.mlp(self.mlp_ln(x)))


class Encoder(nn.Module):
    def __init__(self, width: int, heads: int, layers: int, dropout: float):
        super().__init__()
        self.conv1 = nn.Conv1d(features.MELS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", _waves(AUDIO_POSITIONS, width))
        self.blocks = nn.ModuleList(Block(width, heads, False, dropout) for _ in range(layers))
        self.ln_post = nn.LayerNorm(width)

    def forward(self, mel: Tensor) -> Tensor:
        x = F.gelu(self.conv1(mel), approximate="tanh")
        x = F.gelu(self.conv2(x), approximate="tanh").transpose(1, 2)
        x = x + self.positional_embedding[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, size: int, width: int, heads: int, layers: int, dropout: float):
        super().__init__()
        self.token_embedding = nn.Embedding(size, width)
        self.positional_embedding = nn.Parameter(torch.randn(TEXT_POSITIONS, width) * 0.01)
        self.blocks = nn.ModuleList(Block(width, heads, True, dropout) for _ in range(layers))
        self.ln = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, heard: Tensor) -> Tensor:
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, heard)
        return self.ln(x) @ self.token_embedding.weight.T


class Ear(nn.Module):
    def __init__(self, vocabulary: Vocabulary, width=256, heads=4, layers=(4, 2), filters=None, dropout=0.0):
        super().__init__()
        self.vocabulary, self.shape = vocabulary, (width, heads, layers)
        self.mel = features.LogMel(filters)
        self.encoder = Encoder(width, heads, layers[0], dropout)
        self.decoder = Decoder(vocabulary.size, width, heads, layers[1], dropout)
        self.letters = nn.Linear(width, len(ALPHABET) + 1)
        # The one row stands for tens of thousands, all as likely: their number belongs into its logit.
        rows = torch.zeros(vocabulary.size)
        rows[vocabulary.unused] = math.log(vocabulary.unused_rows)
        self.register_buffer("rows", rows, persistent=False)

    def forward(self, mel: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the next token after each of `tokens`, and of letters at each encoder position."""
        heard = self.encoder(mel)
        return self.decoder(tokens, heard) + self.rows, self.letters(heard)

    @torch.no_grad()
    def transcribe(self, mel: Tensor, longest: int = 60) -> list[str]:
        """The likeliest token after the likeliest token, as the server does it."""
        v = self.vocabulary
        heard = self.encoder(mel)
        tokens = torch.tensor([[v.start, v.no_timestamps]] * len(mel), device=mel.device)
        ended = torch.zeros(len(mel), dtype=torch.bool, device=mel.device)
        for _ in range(longest):
            logits = self.decoder(tokens, heard)[:, -1]
            logits[:, v.start :] = -math.inf
            best = torch.where(ended, v.end, logits.argmax(1))
            ended |= best == v.end
            tokens = torch.cat([tokens, best[:, None]], 1)
            if ended.all():
                break
        return [v.decode(row[2:].tolist()) for row in tokens]


def _waves(length: int, width: int) -> Tensor:
    steps = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * steps[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


def read(path: Path, dropout: float = 0.0) -> Ear:
    """A model to go on training: a checkpoint (`.pt`), which knows its letters already, or a ggml file."""
    if path.suffix != ".pt":
        return from_ggml(ggml.read(path), dropout)
    kept = torch.load(path, map_location="cpu", weights_only=True)
    width, heads, layers = kept["shape"]
    ear = Ear(Vocabulary(kept["pieces"]), width, heads, tuple(layers), dropout=dropout)
    ear.load_state_dict(kept["ear"])
    return ear


def deepen(ear: Ear, layers: int) -> None:
    """Gives the encoder `layers` of them, the new ones spread evenly behind the old. Each begins as a copy of the one before it
    that adds nothing, so the model hears what it heard."""
    width, heads, (old, text) = ear.shape
    if layers <= old:
        return
    blocks: list[nn.Module] = []
    for i, block in enumerate(ear.encoder.blocks):
        blocks.append(block)
        while len(blocks) - (i + 1) < (i + 1) * (layers - old) // old:
            new = copy.deepcopy(block)
            for last in (new.attn.out, new.mlp[2]):
                nn.init.zeros_(last.weight)
                nn.init.zeros_(last.bias)
            blocks.append(new)
    ear.encoder.blocks = nn.ModuleList(blocks)
    ear.shape = (width, heads, (layers, text))


def from_ggml(file: ggml.Model, dropout: float = 0.0) -> Ear:
    """A model to go on training. Letters its vocabulary lacks are added, each like the nearest piece there is."""
    pieces = [w.decode() for w in file.vocabulary]
    while pieces and not pieces[-1]:
        pieces.pop()
    old = Vocabulary(pieces)
    new = old.with_letters()
    h = file.header
    ear = Ear(new, h["n_audio_state"], h["n_audio_head"], (h["n_audio_layer"], h["n_text_layer"]), file.filters, dropout)
    weights = {n: torch.from_numpy(t.copy()) for n, t in file.tensors.items()}
    rows = weights.pop("decoder.token_embedding.weight")
    table = torch.empty(new.size, rows.shape[1])
    table[: old.end] = rows[: old.end]
    generator = torch.Generator().manual_seed(0)
    for i in range(old.end, new.end):
        like = old.rank.get(new.pieces[i].strip(), old.rank["k"])
        table[i] = rows[like] * 0.9 + torch.randn(rows.shape[1], generator=generator) * rows[: old.end].std() * 0.3
    table[new.end], table[new.start], table[new.no_timestamps] = rows[END], rows[START], rows[NO_TIMESTAMPS]
    table[new.unused] = rows[END - 1]
    weights["decoder.token_embedding.weight"] = table
    for name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        weights[name] = weights[name].reshape(-1)
    missing = ear.load_state_dict(weights, strict=False)
    if missing.unexpected_keys or [k for k in missing.missing_keys if not k.startswith("letters.")]:
        raise ValueError(f"not a model of this kind: {missing}")
    return ear


def to_ggml(ear: Ear) -> ggml.Model:
    width, heads, (audio, text) = ear.shape
    v = ear.vocabulary
    header = dict(
        n_vocab=FILE_SIZE, n_audio_ctx=AUDIO_POSITIONS, n_audio_state=width, n_audio_head=heads, n_audio_layer=audio,
        n_text_ctx=TEXT_POSITIONS, n_text_state=width, n_text_head=heads, n_text_layer=text, n_mels=features.MELS, ftype=0,
    )  # fmt: skip
    tensors = {n: t.detach().float().cpu().numpy() for n, t in ear.state_dict().items() if not n.startswith("letters.")}
    table = tensors["decoder.token_embedding.weight"]
    rows = np.repeat(table[v.unused : v.unused + 1], FILE_SIZE, axis=0)
    rows[: v.end] = table[: v.end]
    rows[END], rows[START], rows[NO_TIMESTAMPS] = table[v.end], table[v.start], table[v.no_timestamps]
    tensors["decoder.token_embedding.weight"] = rows
    for name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        tensors[name] = tensors[name].reshape(-1, 1)
    words = [p.encode() for p in v.pieces] + [b""] * (END - len(v.pieces))
    return ggml.Model(header, ear.mel.filters.cpu().numpy(), words, tensors)
