"""Step `export`: a checkpoint in, whisper.cpp model files out, with their sizes and checksums for `models/manifest.toml`."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from . import ggml, model
from .blend import blend


def run(checkpoint: Path, out: Path, name: str, packings: list[str], old: Path | None, share: float) -> list[Path]:
    """`share` of the checkpoint and the rest of `old`, the model it began with, if there was one."""
    whole = model.to_ggml(model.read(checkpoint))
    if old and share < 1:
        whole = blend(ggml.read(old), whole, share)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for packing in packings:
        file = out / f"ggml-{name}{'' if packing == packings[0] else '-' + packing}.bin"
        ggml.write(file, whole, packing)
        packed = file.read_bytes()
        print(
            f"export: {file.name}: {packing}, bytes = {len(packed)}, about {len(gzip.compress(packed)) / 1e6:.1f} MB in git, "
            f'sha256 = "{hashlib.sha256(packed).hexdigest()}"'
        )
        written.append(file)
    return written
