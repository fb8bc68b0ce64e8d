"""Text to numbers and back: the subword pieces of one model file. Pieces lie below the end-of-text token in the order in
which they were merged, so the order alone says how a text is cut."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

# Where whisper.cpp looks for them in an English-only model; the file's size must be FILE_SIZE for it.
END, START, NO_TIMESTAMPS, FILE_SIZE = 50256, 50257, 50362, 51864
ALPHABET = "' abcdefghijklmnopqrstuvwxyz"


class Vocabulary:
    """Pieces, and behind them four compact ids: end, start, no-timestamps, and one for every row nobody uses."""

    def __init__(self, pieces: list[str]):
        self.pieces = pieces
        self.rank = {p: i for i, p in enumerate(pieces)}
        self.end = len(pieces)
        self.start, self.no_timestamps, self.unused = self.end + 1, self.end + 2, self.end + 3
        self.size = self.end + 4
        self.cut = lru_cache(maxsize=100_000)(self._cut)

    def __reduce__(self):
        # What was cut before stays behind: another process cuts for itself.
        return Vocabulary, (self.pieces,)

    @property
    def unused_rows(self) -> int:
        """How many rows of the file's embedding the one trained row stands for."""
        return FILE_SIZE - len(self.pieces) - 3

    def with_letters(self) -> Vocabulary:
        """The same with every letter it lacks, so that any word can be written."""
        missing = [c for c in ALPHABET if c not in self.rank]
        missing += [w for c in ALPHABET[2:] if (w := f" {c}") not in self.rank]
        return Vocabulary(self.pieces + missing)

    def encode(self, text: str) -> list[int]:
        """Lower-case words into ids; ValueError for a character that no piece holds."""
        return [i for word in text.split() for i in self.cut(" " + word)]

    def _cut(self, word: str) -> list[int]:
        parts = list(word)
        if unknown := [c for c in parts if c not in self.rank]:
            raise ValueError(f"no piece for {unknown[0]!r} in {word!r}")
        while len(parts) > 1:
            rank, at = min((self.rank.get(a + b, 1 << 30), i) for i, (a, b) in enumerate(zip(parts, parts[1:], strict=False)))
            if rank == 1 << 30:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [self.rank[p] for p in parts]

    def decode(self, ids: list[int]) -> str:
        return "".join(self.pieces[i] for i in ids if i < self.end).strip()


def learn(texts: list[str], size: int) -> Vocabulary:
    """Byte-pair merges over words of `texts`, until there are `size` pieces."""
    words = Counter(" " + w for t in texts for w in t.split())
    cuts = {w: list(w) for w in words}
    pieces = ["<pad>", *sorted(ALPHABET)]
    while len(pieces) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in cuts.items():
            for pair in zip(parts, parts[1:], strict=False):
                pairs[pair] += words[word]
        if not pairs:
            break
        # Ties by spelling: the same texts always give the same pieces.
        best = max(pairs, key=lambda p: (pairs[p], p))
        pieces.append("".join(best))
        for parts in cuts.values():
            i = 0
            while i < len(parts) - 1:
                if (parts[i], parts[i + 1]) == best:
                    parts[i : i + 2] = [pieces[-1]]
                i += 1
    return Vocabulary(pieces)
