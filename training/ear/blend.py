"""Two models of one shape in, the weights between them out. A model trained further on strange voices forgets some of what
it began with; most of the way from the old weights to the new ones it has both. Knows no training and no files."""

from __future__ import annotations

import numpy as np

from .ggml import Model

# Its rows are the pieces of the vocabulary.
EMBEDDING = "decoder.token_embedding.weight"


def blend(old: Model, new: Model, share: float) -> Model:
    """`share` (0 to 1) of `new`, the rest of `old`. Pieces that only the new model has keep its rows whole; ValueError
    where the shapes differ."""
    if {n: t.shape for n, t in old.tensors.items()} != {n: t.shape for n, t in new.tensors.items()}:
        raise ValueError("models of different shapes cannot be blended")
    tensors = {n: ((1 - share) * old.tensors[n] + share * t).astype(np.float32) for n, t in new.tensors.items()}
    added = [i for i, (a, b) in enumerate(zip(old.vocabulary, new.vocabulary, strict=True)) if a != b]
    tensors[EMBEDDING][added] = new.tensors[EMBEDDING][added]
    return Model(new.header, new.filters, new.vocabulary, tensors, new.kinds)
