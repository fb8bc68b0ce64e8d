"""Step `clips`: what the finished model is examined on. Voices that are never trained on, sentences drawn with another seed,
rooms with noise, sounds nobody made by speaking, other languages, and English that is no shop's. Writes WAV files and
`clips.jsonl` ({"set", "file", "text", "voice"}) for `cargo bench --bench eval_ears`. Needs no PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from . import augment, sounds, spoken, text, voices

# Said by nobody in training: other languages than the text step uses, and other shelves of the fortunes.
LANGUAGES = {
    "fr": ["bonjour, où est la gare s'il vous plaît", "je voudrais un café et deux croissants", "il fait très beau ce matin"],
    "nl": ["goedemorgen, hoe gaat het met u", "we gaan morgen naar het strand", "de trein vertrekt over tien minuten"],
    "pl": ["dzień dobry, jak się masz", "jutro będzie padał deszcz", "kupiłem wczoraj nową książkę"],
    "sv": ["god morgon, hur mår du idag", "vi ses på fredag klockan fem", "det snöar i bergen"],
    "fi": ["hyvää huomenta, mitä kuuluu", "huomenna menemme kalaan", "kirja on pöydällä"],
    "tr": ["günaydın, nasılsınız", "yarın okula gidiyorum", "bu akşam yemekte ne var"],
}
NEWS = ["politics", "men-women", "miscellaneous", "news", "riddles", "songs-poems"]


def write(out: Path, model: Path, catalogue: Path | None, data: Path, seed: int, size: int) -> int:
    """`size` clips of each large set. The same seed writes the same clips as long as the synthesisers stay the same."""
    rng, shop = Random(seed), text.Shop(model, catalogue)
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, str]] = []

    def keep(kind: str, said: str, voice: str, samples: np.ndarray) -> None:
        file = f"{len(rows):04}.wav"
        soundfile.write(out / file, (samples * 32767).astype(np.int16), voices.RATE)
        rows.append({"set": kind, "file": file, "text": said, "voice": voice})

    def say(words: str, voice: voices.Voice | None = None) -> tuple[str, np.ndarray]:
        voice = voice or voices.stranger(rng)
        samples = np.pad(voices.speak(voice, words), (voices.RATE // 5, voices.RATE // 4))
        return f"{voice.engine}/{voice.name}", samples

    commands, seen = [], set()
    while len(commands) < size:
        said, given = shop.command(rng, [])
        plain = spoken.plain(said)
        if plain and plain not in seen:
            seen.add(plain)
            commands.append((plain, *say(given)))
    generator = np.random.default_rng(seed)
    rooms = augment.Rooms([s for _, _, s in commands[:40]], seed + 1)
    for said, voice, samples in commands:
        keep("commands, clean", said, voice, samples)
    for said, voice, samples in commands:
        keep("commands, noisy", said, voice, in_room(samples, rooms, generator))
    for _ in range(size // 2):
        number = rng.choice(
            [
                lambda: f"where is order {spoken.digits(rng, 5)}",
                lambda: f"my pin is {spoken.digits(rng, 4)}",
                lambda: f"make it {spoken.number(rng.randint(1, 99))}",
                lambda: spoken.digits(rng, rng.randint(4, 6)),
            ]
        )()
        keep("numbers, clean", number, *say(number))
    kinds = [k for k in sounds.KINDS for _ in range(8)]
    for kind in kinds:
        keep("nobody", "", f"sound/{kind}", sounds.make(kind, rng.uniform(0.8, 3), generator) * 10 ** rng.uniform(-1.5, -0.1))
    for _ in range(10):
        crowd = [s for _, _, s in rng.sample(commands, min(7, len(commands)))]
        keep("nobody", "", "sound/babble", sounds.babble(crowd, 2.5, generator) * 0.5)
    for language, sentences in LANGUAGES.items():
        for sentence in sentences:
            for pitch in (0.8, 1.2):
                keep("nobody", "", *say(sentence, voices.Voice("espeak", language, rng.uniform(0.9, 1.1), pitch)))
    for file in ("hwu64_fold1/test.jsonl", "clinc150/test.jsonl"):
        if not (data / "nlu" / file).is_file():
            print(f"clips: {file} is not there (VOICECART_DATA); the outside set goes without it")
            continue
        known = [json.loads(line)["text"] for line in (data / "nlu" / file).read_text("utf-8").splitlines()]
        wanted = sorted({p for t in known if (p := spoken.plain(t)) and 3 <= len(p.split()) <= 14})
        for said in rng.sample(wanted, min(size // 2, len(wanted))):
            keep("outside", said, *say(said))
    news = text.sentences([f for n in NEWS if (f := text.FORTUNES / n).is_file()])
    for said in rng.sample(news, min(size // 2, len(news))):
        keep("outside", said, *say(said))
    (out / "clips.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    return len(rows)


def in_room(clip: np.ndarray, rooms: augment.Rooms, rng: np.random.Generator, decibels: float = 10) -> np.ndarray:
    """The clip in a room, with background `decibels` under it."""
    sound = np.convolve(clip, rooms.rooms[rng.integers(len(rooms.rooms))])
    noise = rooms.background(len(sound), rng)
    power = lambda x: float(np.sqrt(np.mean(np.square(x))))  # noqa: E731
    sound = sound + noise * power(sound) / max(power(noise), 1e-6) * 10 ** (-decibels / 20)
    return (sound / max(float(np.abs(sound).max()), 1e-6) * 0.7).astype(np.float32)
