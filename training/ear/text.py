"""Step `text`: what the model shall learn to hear. Interaction model, catalogue and free English text in, one JSON
line for each utterance out: {"text", "say", "kind"}. `text` is what is to be written, `say` what a synthesiser is
given (they differ for spelled letters), `kind` one of command, number, spelled, word, general, foreign."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Callable, Iterator

from . import spoken

COLORS = "black white red blue green yellow pink purple brown grey silver gold navy orange beige".split()
COUPON_WORDS = "save welcome summer spring winter sale free ship extra hello thanks gift deal friday".split()
PLACES = (
    "home work office house parents mother mom's sister brother cabin neighbor school store cottage gym flat"
).split()
# What people put around a command.
OPENINGS = ["please", "can you", "could you please", "hey", "okay", "um", "i'd like you to", "now", "and"]
CLOSINGS = ["please", "thanks", "thank you", "for me", "now", "today"]
BEFORE_NUMBERS = ["", "", "make it ", "change it to ", "take ", "i need ", "give me ", "only ", "about "]
# Alexa knows these by itself, so no interaction model lists them; shoppers say them more than anything else.
BUILT_IN = {
    "AMAZON.YesIntent": ["yes", "yes", "yeah", "yep", "sure", "okay", "ok", "correct", "right"],
    "AMAZON.NoIntent": ["no", "no", "nope", "nah"],
    "AMAZON.StopIntent": ["stop", "stop", "quit", "exit"],
    "AMAZON.CancelIntent": ["cancel", "cancel", "never mind"],
    "AMAZON.HelpIntent": ["help", "help me"],
    "AMAZON.RepeatIntent": ["repeat", "repeat that", "again"],
    "AMAZON.NextIntent": ["next", "next", "continue"],
    "AMAZON.PreviousIntent": ["previous", "back", "go back"],
    "AMAZON.MoreIntent": ["more", "more"],
    "AMAZON.StartOverIntent": ["start over"],
}
# How often one command may come back: short ones are few, and each is worth many voices.
REPEATS = 8
# Free English for breadth, each with its Debian package: sentences that are nobody's order.
FORTUNES = Path("/usr/share/games/fortunes")
FOREIGN = {"de": ["de"], "es": ["es"], "it": ["italia", "formiche", "leggi", "it"], "pt-br": ["brasil"], "cs": ["cs", "cz"]}


class Shop:
    """One shop's language: its interaction model and the names of what it sells."""

    def __init__(self, model: Path, catalogue: Path | None, sentences: bool = False):
        language = json.loads(model.read_text("utf-8"))["interactionModel"]["languageModel"]
        self.samples = [
            (intent["name"], sample)
            for intent in language["intents"]
            for sample in [*intent.get("samples", []), *BUILT_IN.get(intent["name"], [])]
        ]
        self.types = {
            t["name"]: [
                said
                for value in t["values"]
                for said in [value["name"]["value"], *value["name"].get("synonyms", [])]
            ]
            for t in language.get("types", [])
        }
        # What people say beyond the samples, where the shop's folder has it; of AMAZON.FallbackIntent are those who mean no shop.
        self.outside: list[str] = []
        told = model.with_name("sentences.tsv")
        for line in told.read_text("utf-8").splitlines() if sentences and told.is_file() else []:
            intent, tab, said = line.partition("\t")
            if intent == "AMAZON.FallbackIntent":
                self.outside.append(said)
            elif tab and not line.startswith("#"):
                self.samples.append((intent, re.sub(r"\{[^|{}]*\|([^}]*)\}", r"{\1}", said)))
        self.intents = sorted({name for name, _ in self.samples})
        self.by_intent = {n: [s for name, s in self.samples if name == n] for n in self.intents}
        self.invocation = language.get("invocationName", "")
        self.names: list[str] = []
        if catalogue is not None:
            with catalogue.open(encoding="utf-8", newline="") as rows:
                found = (spoken.plain(r.get("spoken_name") or r.get("title") or "") for r in csv.DictReader(rows))
                self.names = sorted({n for n in found if n and len(n.split()) <= 7})

    def product(self, rng: Random) -> str:
        """Something to buy as shoppers name it, from a bare kind to a full name."""
        roll = rng.random()
        if self.names and roll < 0.45:
            name = rng.choice(self.names)
            words = name.split()
            # People leave the brand away, or say only the last words.
            return name if roll < 0.25 else " ".join(words[rng.randrange(max(1, len(words) - 1)) :])
        kind = self.value(rng, "Product") or (rng.choice(self.names) if self.names else "it")
        for slot, share in (("Feature", 0.15), ("color", 0.12), ("Brand", 0.15), ("Size", 0.05)):
            if rng.random() < share:
                extra = rng.choice(COLORS) if slot == "color" else self.value(rng, slot)
                kind = f"{extra} {kind}" if extra else kind
        return kind

    def value(self, rng: Random, slot_type: str) -> str:
        values = self.types.get(slot_type)
        return (spoken.plain(rng.choice(values)) or "") if values else ""

    def fill(self, rng: Random, slot: str, world: list[str]) -> tuple[str, str]:
        """Written and spoken form of one slot."""
        name = slot.lower()
        if "ordernumber" in name or "pin" in name:
            said = spoken.digits(rng, 4 if "pin" in name else rng.choice([4, 5, 5, 5, 6]))
        elif "price" in name:
            said = spoken.number(rng.choice([5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, rng.randint(1, 300)]))
        elif "quantity" in name:
            said = spoken.number(rng.choice([1, 2, 2, 3, 4, 5, 6, 10, 12, rng.randint(1, 24), rng.randint(1, 99)]))
        elif "number" in name:
            said = spoken.number(rng.randint(1, 10))
        elif "ordinal" in name:
            said = rng.choice([*spoken.ORDINALS[:5], *spoken.ORDINALS, "last"])
        elif "date" in name:
            said = spoken.date(rng)
        elif "color" in name:
            said = rng.choice(COLORS)
        elif "label" in name:
            said = rng.choice(PLACES)
        elif "code" in name:
            return code(rng)
        elif name in ("query", "product"):
            # A query may be anything: some are words no shop of ours sells.
            said = rng.choice(world) if name == "query" and world and rng.random() < 0.2 else self.product(rng)
        else:
            said = self.value(rng, slot) or self.product(rng)
        return said, said

    def command(self, rng: Random, world: list[str]) -> tuple[str, str]:
        """One thing to say to the shop. Intents are drawn before samples: an intent with many samples says no more."""
        sample = rng.choice(self.by_intent[rng.choice(self.intents)])
        text, say, at = "", "", 0
        for hole in re.finditer(r"\{(\w+)\}", sample):
            wrote, said = self.fill(rng, hole[1], world)
            text += sample[at : hole.start()] + wrote
            say += sample[at : hole.start()] + said
            at = hole.end()
        text, say = text + sample[at:], say + sample[at:]
        roll = rng.random()
        if roll < 0.06:
            opening = rng.choice([*OPENINGS, f"ask {self.invocation} to", f"tell {self.invocation} to"])
            text, say = f"{opening} {text}", f"{opening} {say}"
        elif roll < 0.14:
            closing = rng.choice(CLOSINGS)
            text, say = f"{text} {closing}", f"{say} {closing}"
        return text, say


def code(rng: Random) -> tuple[str, str]:
    word = rng.choice(COUPON_WORDS)
    roll = rng.random()
    if roll < 0.4:
        both = f"{word} {spoken.number(rng.choice([5, 10, 15, 20, 25, 50, 2026]))}"
        return both, both
    if roll < 0.6:
        return word, word
    text, say = spoken.letters("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 4))))
    tail = spoken.digits(rng, rng.randint(1, 3))
    return f"{text} {tail}", f"{say} {tail}"


def spelled(rng: Random, world: list[str]) -> tuple[str, str]:
    """A spelled word, or letters and digits mixed."""
    if rng.random() < 0.5 and world:
        text, say = spoken.letters(rng.choice(world)[:9])
    else:
        text, say = spoken.letters("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(1, 5))))
    if rng.random() < 0.4:
        tail = spoken.digits(rng, rng.randint(1, 5))
        text, say = f"{text} {tail}", f"{say} {tail}"
    return text, say


def numeral(rng: Random) -> tuple[str, str]:
    said = rng.choice(
        [
            lambda: spoken.digits(rng, rng.randint(1, 7)),
            lambda: spoken.digits(rng, rng.randint(3, 10)),
            lambda: spoken.number(rng.choice([rng.randint(0, 100), rng.randint(0, 9999)])),
            lambda: f"{spoken.number(rng.randint(1, 99))} dollars",
            lambda: rng.choice(BEFORE_NUMBERS) + spoken.teen_or_ten(rng),
            lambda: spoken.date(rng),
            lambda: spoken.ordinal(rng.randint(1, 31)),
        ]
    )()
    return said, said


def sentences(files: list[Path]) -> list[str]:
    """Sentences of 2 to 14 words out of free text, as they would be written by the recogniser."""
    found = set()
    for file in files:
        for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n|\n%\n|\n", file.read_text("utf-8", errors="replace")):
            text = spoken.plain(sentence)
            if text and 2 <= len(text.split()) <= 14 and max(map(len, text.split())) <= 14:
                found.add(text)
    return sorted(found)


def english(extra: list[Path]) -> list[str]:
    """General English: Debian's fortunes, and the `text` of any JSON lines the caller has (training parts only)."""
    names = ["people", "wisdom", "work", "sports", "science", "pets", "food", "kids", "literature", "platitudes", "law"]
    general = sentences([FORTUNES / n for n in names if (FORTUNES / n).is_file()])
    for file in extra:
        rows = (json.loads(line).get("text", "") for line in file.read_text("utf-8").splitlines() if line.strip())
        said = (spoken.plain(r) for r in rows)
        general += sorted({s for s in said if s and 2 <= len(s.split()) <= 14})
    return general


def foreign(rng: Random) -> Iterator[tuple[str, str]]:
    """(language, sentence) without end from what other languages' fortunes are installed."""
    texts: dict[str, list[str]] = {}
    for language, names in FOREIGN.items():
        files = [f for n in names for f in ([FORTUNES / n] if (FORTUNES / n).is_file() else (FORTUNES / n).glob("*"))]
        lines = [
            line.strip()
            for f in files
            if f.is_file() and f.suffix in ("", ".u8")
            for line in f.read_text("utf-8", errors="ignore").splitlines()
        ]
        lines = sorted({s for s in lines if 12 <= len(s) <= 70 and s[0].isalpha()})
        if lines:
            texts[language] = lines
    while texts:
        language = rng.choice(sorted(texts))
        yield language, rng.choice(texts[language])


def write(
    out: Path, model: Path, catalogue: Path | None, extra: list[Path], counts: dict[str, int], seed: int
) -> dict[str, int]:
    """Writes `out` and gives back how many of each kind there are. The same seed writes the same file."""
    rng = Random(seed)
    shop = Shop(model, catalogue, sentences=True)
    general = english(extra) + shop.outside
    if not general:
        print("text: no free English found (apt-get install fortunes); the model will know only the shop's words")
    spoken_often = [w for s in general for w in s.split() if len(w) > 2 and "'" not in w]
    world = sorted(set(spoken_often))
    strangers = foreign(rng)

    def some(make: Callable[[], tuple[str, str]], kind: str, wanted: int) -> Iterator[dict[str, str]]:
        seen: Counter[str] = Counter()
        for _ in range(wanted * 20):
            if seen.total() >= wanted:
                return
            text, say = make()
            text = spoken.plain(text) if kind != "foreign" else ""
            if text is None or len(text.split()) > 16 or seen[say] >= (REPEATS if kind in ("command", "word", "number") else 1):
                continue
            seen[say] += 1
            yield {"text": text, "say": say, "kind": kind}

    makers: dict[str, Callable[[], tuple[str, str]]] = {
        "command": lambda: shop.command(rng, world),
        "number": lambda: numeral(rng),
        "spelled": lambda: spelled(rng, world),
        # A word alone, as often as people say it: nothing about it helps to guess it.
        "word": lambda: (lambda w: (w, w))(rng.choice(spoken_often)),
        "general": lambda: (lambda s: (s, s))(rng.choice(general)),
        "foreign": lambda: (lambda found: ("", f"{found[0]}|{found[1]}"))(next(strangers)),
    }
    lines = []
    for kind, make in makers.items():
        if kind in ("word", "general") and not general:
            continue
        try:
            lines += list(some(make, kind, counts.get(kind, 0)))
        except (StopIteration, RuntimeError):
            print("text: no sentences of other languages found (apt-get install fortunes-de fortunes-es fortunes-it)")
    rng.shuffle(lines)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return {k: sum(line["kind"] == k for line in lines) for k in makers}
