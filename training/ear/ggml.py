"""whisper.cpp's model file, read and written: hyperparameters, mel filters, vocabulary and named tensors. Knows the
layout and the packing of numbers (f32, f16, q8_0, q5_0, q4_0); refuses to know what the tensors do."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

MAGIC = 0x67676D6C
BLOCK = 32
FIELDS = (
    "n_vocab n_audio_ctx n_audio_state n_audio_head n_audio_layer n_text_ctx n_text_state n_text_head n_text_layer "
    "n_mels ftype"
).split()
# Name: (number of the tensor type, number of the file type, bytes of a block of 32). Packed files also carry the version
# of the packing in thousands.
TYPES = {"f32": (0, 0, 128), "f16": (1, 1, 64), "q8_0": (8, 2007, 34), "q5_0": (6, 2008, 22), "q4_0": (2, 2002, 18)}
NAMES = {number: name for name, (number, _, _) in TYPES.items()}


@dataclass
class Model:
    header: dict[str, int]
    filters: np.ndarray
    vocabulary: list[bytes]
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Model:
    """Every tensor as float32 with its slowest axis first; ValueError where the file is no ggml Whisper model."""
    with path.open("rb") as file:
        if struct.unpack("<I", file.read(4))[0] != MAGIC:
            raise ValueError(f"{path} is no ggml file")
        header = dict(zip(FIELDS, struct.unpack(f"<{len(FIELDS)}i", file.read(4 * len(FIELDS))), strict=True))
        mels, bins = struct.unpack("<2i", file.read(8))
        filters = np.frombuffer(file.read(4 * mels * bins), np.float32).reshape(mels, bins)
        (count,) = struct.unpack("<i", file.read(4))
        words = [file.read(struct.unpack("<I", file.read(4))[0]) for _ in range(count)]
        model = Model(header, filters, words)
        while len(head := file.read(12)) == 12:
            dimensions, length, kind = struct.unpack("<3i", head)
            shape = struct.unpack(f"<{dimensions}i", file.read(4 * dimensions))[::-1]
            name = file.read(length).decode()
            model.kinds[name] = NAMES[kind]
            packed = file.read(math.prod(shape) * TYPES[NAMES[kind]][2] // BLOCK)
            model.tensors[name] = unpack(packed, NAMES[kind]).reshape(shape)
    return model


def write(path: Path, model: Model, packing: str) -> None:
    """Matrices in `packing`, convolutions in f16, the rest in f32, as whisper.cpp expects them."""
    header = model.header | {"ftype": TYPES[packing][1]}
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(struct.pack("<I", MAGIC))
        file.write(struct.pack(f"<{len(FIELDS)}i", *(header[f] for f in FIELDS)))
        file.write(struct.pack("<2i", *model.filters.shape) + model.filters.astype(np.float32).tobytes())
        file.write(struct.pack("<i", len(model.vocabulary)))
        for word in model.vocabulary:
            file.write(struct.pack("<I", len(word)) + word)
        for name, tensor in model.tensors.items():
            _tensor(file, name, tensor, packing)
    unfinished.rename(path)


def kind_of(name: str, dimensions: int, packing: str) -> str:
    """How a tensor is kept in a file of this packing."""
    if ".conv" in f".{name}" and name.endswith("weight"):
        return "f32" if packing == "f32" else "f16"
    return packing if dimensions == 2 and name.endswith("weight") else "f32"


def _tensor(file: BinaryIO, name: str, tensor: np.ndarray, packing: str) -> None:
    kind = kind_of(name, tensor.ndim, packing)
    shape = tensor.shape[::-1]
    file.write(struct.pack("<3i", len(shape), len(name), TYPES[kind][0]))
    file.write(struct.pack(f"<{len(shape)}i", *shape) + name.encode())
    file.write(pack(tensor, kind))


def pack(tensor: np.ndarray, kind: str) -> bytes:
    flat = np.ascontiguousarray(tensor, np.float32).reshape(-1)
    if kind == "f32":
        return flat.tobytes()
    if kind == "f16":
        return flat.astype(np.float16).tobytes()
    blocks = flat.reshape(-1, BLOCK)
    if kind == "q8_0":
        scale = (np.abs(blocks).max(1) / 127).astype(np.float32)
        numbers = np.rint(blocks * _inverse(scale)[:, None]).astype(np.int8)
        packed = np.empty(len(blocks), np.dtype([("d", "<f2"), ("q", "i1", BLOCK)]))
        packed["d"], packed["q"] = scale, numbers
        return packed.tobytes()
    # q5_0 and q4_0: the number of the largest magnitude becomes -16 or -8; halves of the block share bytes, fifth bits lie
    # apart.
    half = 16 if kind == "q5_0" else 8
    largest = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(1)]
    scale = largest / -half
    numbers = np.minimum(2 * half - 1, (blocks * _inverse(scale)[:, None] + half + 0.5).astype(np.int8)).astype(np.uint8)
    low, high = numbers[:, : BLOCK // 2], numbers[:, BLOCK // 2 :]
    if kind == "q4_0":
        packed = np.empty(len(blocks), np.dtype([("d", "<f2"), ("q", "u1", BLOCK // 2)]))
        packed["d"], packed["q"] = scale, low | high << 4
        return packed.tobytes()
    packed = np.empty(len(blocks), np.dtype([("d", "<f2"), ("h", "<u4"), ("q", "u1", BLOCK // 2)]))
    packed["d"], packed["q"] = scale, (low & 15) | (high & 15) << 4
    packed["h"] = ((numbers >> 4).astype(np.uint32) << np.arange(BLOCK, dtype=np.uint32)).sum(1, dtype=np.uint32)
    return packed.tobytes()


def unpack(data: bytes, kind: str) -> np.ndarray:
    if kind in ("f32", "f16"):
        return np.frombuffer(data, np.float32 if kind == "f32" else np.float16).astype(np.float32)
    if kind == "q8_0":
        packed = np.frombuffer(data, np.dtype([("d", "<f2"), ("q", "i1", BLOCK)]))
        return (packed["q"].astype(np.float32) * packed["d"].astype(np.float32)[:, None]).reshape(-1)
    if kind == "q4_0":
        packed = np.frombuffer(data, np.dtype([("d", "<f2"), ("q", "u1", BLOCK // 2)]))
        numbers = np.concatenate([packed["q"] & 15, packed["q"] >> 4], 1).astype(np.int32) - 8
        return (numbers * packed["d"].astype(np.float32)[:, None]).reshape(-1)
    packed = np.frombuffer(data, np.dtype([("d", "<f2"), ("h", "<u4"), ("q", "u1", BLOCK // 2)]))
    numbers = np.concatenate([packed["q"] & 15, packed["q"] >> 4], 1).astype(np.int32)
    numbers += ((packed["h"][:, None] >> np.arange(BLOCK, dtype=np.uint32)) & 1).astype(np.int32) * 16
    return ((numbers - 16) * packed["d"].astype(np.float32)[:, None]).reshape(-1)


def _inverse(scale: np.ndarray) -> np.ndarray:
    return np.divide(1, scale, out=np.zeros_like(scale), where=scale != 0)
