"""Speech from the free synthesisers that Debian carries: a voice and words in, 16 kHz samples out. espeak-ng runs in
this process; flite and festival are programs. Knows which voices are never trained on."""

from __future__ import annotations

import ctypes
import ctypes.util
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import soundfile
from scipy.signal import resample_poly

from . import accents

RATE = 16_000
ACCENTS = [
    "en-us", "en-us", "en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029",
    "en-us-nyc",
]  # fmt: skip
# Left out: robots, croaks and demons, which teach nothing about people.
VARIANTS = (
    "Alex Alicia Andrea AnxiousAndy Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike "
    "Nguyen Tweaky adam anika announcer antonio aunty belinda benjamin boris caleb david ed edward edward2 "
    "f1 f2 f3 f5 grandma grandpa gustave iven iven2 iven4 kaukovalta klatt klatt2 klatt5 klatt6 "
    "m1 m2 m4 m5 m6 m7 m8 marcelo max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph "
    "steph3 travis whisper whisperf zac"
).split()
FESTIVAL = Path("/usr/share/festival/voices")
FLITE = ["slt", "rms", "awb", "kal16"]
# Never trained on, so that the evaluation hears strangers.
HELD_OUT_VARIANTS = "Annie Andy f4 m3 john linda victor klatt3 steph2 iven3".split()
HELD_OUT_FESTIVAL = ["ked_diphone", "cmu_us_slt_arctic_hts", "kal_diphone"]


@dataclass(frozen=True)
class Voice:
    """One way to speak. `engine` is espeak, flite, festival or accent (festival's, of another language); `rate`, `pitch` and
    `lilt` are factors about 1."""

    engine: str
    name: str
    rate: float = 1.0
    pitch: float = 1.0
    lilt: float = 1.0


def draw(rng: Random) -> Voice:
    """A voice to train on. Two thirds are cut from recordings of people: flite's, and those of other languages."""
    rate, pitch, lilt = rng.uniform(0.8, 1.3), rng.uniform(0.75, 1.35), rng.uniform(0.5, 1.5)
    if rng.random() < 0.3 and (foreign := _foreign()):
        return Voice("accent", rng.choice(foreign), rate, rng.uniform(0.8, 1.25), lilt)
    if rng.random() < 0.5 and shutil.which("flite"):
        name = rng.choices(FLITE, [3, 3, 3, 2])[0]
        return Voice("flite", name, rate, rng.uniform(0.85, 1.2), lilt)
    name = rng.choice(ACCENTS)
    return Voice("espeak", name if rng.random() < 0.1 else f"{name}+{rng.choice(VARIANTS)}", rate, pitch, lilt)


def stranger(rng: Random) -> Voice:
    """A voice that no training has heard."""
    if rng.random() < 0.5 and shutil.which("text2wave"):
        return Voice("festival", rng.choice(HELD_OUT_FESTIVAL))
    name = f"{rng.choice(ACCENTS)}+{rng.choice(HELD_OUT_VARIANTS)}"
    return Voice("espeak", name, rng.uniform(0.85, 1.2), rng.uniform(0.8, 1.25))


def speak(voice: Voice, words: str) -> np.ndarray:
    """Samples between -1 and 1 at `RATE`. Raises RuntimeError where the synthesiser says nothing."""
    samples, rate = {"espeak": _espeak, "flite": _flite, "festival": _festival, "accent": _accent}[voice.engine](voice, words)
    if len(samples) < rate // 20:
        raise RuntimeError(f"{voice.engine} {voice.name} said nothing for {words!r}")
    if rate != RATE:
        divisor = int(np.gcd(rate, RATE))
        samples = resample_poly(samples, RATE // divisor, rate // divisor)
    peak = float(np.abs(samples).max())
    return (samples / max(peak, 1e-4) * 0.7).astype(np.float32)


@cache
def _library() -> tuple[ctypes.CDLL, int, list[bytes], object]:
    library = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
    rate = library.espeak_Initialize(2, 0, None, 0)  # 2: give the samples back, one call at a time
    if rate <= 0:
        raise RuntimeError("espeak-ng did not start; is espeak-ng-data installed?")
    heard: list[bytes] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    def take(samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            heard.append(ctypes.string_at(samples, 2 * count))
        return 0

    library.espeak_SetSynthCallback(take)
    return library, rate, heard, take


def _espeak(voice: Voice, words: str) -> tuple[np.ndarray, int]:
    library, rate, heard, _ = _library()
    heard.clear()
    if library.espeak_SetVoiceByName(voice.name.encode()) != 0:
        raise RuntimeError(f"espeak-ng has no voice {voice.name}")
    clip = lambda v, low, high: int(min(max(v, low), high))  # noqa: E731
    library.espeak_SetParameter(1, clip(165 * voice.rate, 80, 400), 0)
    library.espeak_SetParameter(3, clip(50 * voice.pitch, 0, 99), 0)
    library.espeak_SetParameter(4, clip(50 * voice.lilt, 0, 99), 0)
    text = words.encode()
    library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 1, 0, 1, None, None)
    library.espeak_Synchronize()
    return np.frombuffer(b"".join(heard), np.int16).astype(np.float32) / 32768, rate


def _flite(voice: Voice, words: str) -> tuple[np.ndarray, int]:
    base = {"slt": 175, "rms": 100, "awb": 130}.get(voice.name, 105)
    settings = ["--setf", f"duration_stretch={1 / voice.rate:.3f}", "--setf", f"int_f0_target_mean={base * voice.pitch:.0f}"]
    with tempfile.NamedTemporaryFile(suffix=".wav", dir=_fast()) as file:
        subprocess.run(["flite", "-voice", voice.name, *settings, "-t", words, "-o", file.name], check=True, timeout=60)
        return soundfile.read(file.name, dtype="float32")


def _accent(voice: Voice, words: str) -> tuple[np.ndarray, int]:
    with tempfile.NamedTemporaryFile(suffix=".wav", dir=_fast()) as file:
        # A speaker's habits differ from sentence to sentence, not from run to run.
        habits = Random(f"{voice}/{words}")
        accents.speak(voice.name, voice.rate, voice.pitch, voice.lilt, words, habits, Path(file.name))
        return soundfile.read(file.name, dtype="float32")


@cache
def _foreign() -> list[str]:
    """Those that are installed, and the English voice that says how."""
    installed = {folder.name for folder in FESTIVAL.glob("*/*")}
    return [name for name in accents.SPEAKERS if {name, accents.MELODY} <= installed]


def _festival(voice: Voice, words: str) -> tuple[np.ndarray, int]:
    with tempfile.NamedTemporaryFile(suffix=".wav", dir=_fast()) as file:
        command = ["text2wave", "-eval", f"(voice_{voice.name})", "-o", file.name]
        subprocess.run(command, input=words.encode(), check=True, timeout=60, capture_output=True)
        return soundfile.read(file.name, dtype="float32")


@cache
def _fast() -> str | None:
    """Memory rather than a disk, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
