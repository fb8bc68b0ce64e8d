"""English in the voices of other languages: people who were recorded speaking Czech, Finnish, Hindi or Italian, with the
sounds that their language has for ours. Festival says how an English sentence goes (sounds, lengths, melody); words and a voice
in, a WAV file out. Knows nothing of which voices a training draws."""

from __future__ import annotations

import atexit
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

# What each language puts in place of a sound of festival's American English: `a+b` one after the other, `a|b` one or the
# other, whichever this speaker does. Sounds that aren't named are spelled alike in both.
CZECH = """
    aa=a: ae=e|a ah=a ao=o: aw=a+u ax=e|a ay=a+j ch=c~ dh=d|z eh=e el=e+l em=e+m en=e+n er=e+r ey=e+j hh=h ih=i iy=i: jh=dz~
    ng=n ow=o+u oy=o+j sh=s~ th=t|s uh=u uw=u: w=v|u y=j zh=z~ pau=#
"""
ITALIAN = """
    aa=a1 ae=E1|a1 ah=a ao=O1 aw=a1+u ax=e|a ay=a1+i ch=tS dh=d eh=E1 el=e+l em=e+m en=e+n er=e+r ey=e1+i hh= ih=i iy=i1 jh=dZ
    ng=n ow=o1+u oy=O1+i sh=S th=t uh=u uw=u1 y=i zh=dZ pau=#
"""
HINDI = """
    ae=eh ah=a ao=oh ax=a d=D dh=dh el=a+l em=a+m en=a+n er=a+r ey=ee hh=h jh=j ng=N ow=oo oy=oh+ih t=T w=v z=j|s zh=j
"""
FINNISH = """
    aa=a: ae=@ ah=a ao=o: aw=a+u ax=e|@ ay=a+i ch=t+s dh=d|t eh=e el=e+l em=e+m en=e+n er=7+r ey=e+i hh=h ih=i iy=i: jh=d+s
    ng=N ow=o+u oy=o+i sh=s th=t uh=u uw=u: w=v y=j z=s zh=s pau=#
"""
# This one's Finnish was recorded with a few sounds of English.
FINNISH_BY_ENGLISH = FINNISH + "ch=t+S jh=d+S sh=S th=T w=w zh=S"


@dataclass(frozen=True)
class Speaker:
    sounds: str
    hertz: float


SPEAKERS = {
    "czech_dita": Speaker(CZECH, 215),
    "czech_krb": Speaker(CZECH, 255),
    "czech_machac": Speaker(CZECH, 95),
    "czech_ph": Speaker(CZECH, 130),
    "lp_diphone": Speaker(ITALIAN, 190),
    "pc_diphone": Speaker(ITALIAN, 120),
    "hindi_NSK_diphone": Speaker(HINDI, 130),
    "suo_fi_lj_diphone": Speaker(FINNISH + "jh=t+s", 190),
    "hy_fi_mv_diphone": Speaker(FINNISH_BY_ENGLISH, 110),
}
# The English voice that says how a sentence goes, and the mean of its melody.
MELODY, HERTZ = "kal_diphone", 105


def speak(name: str, rate: float, pitch: float, lilt: float, words: str, rng: Random, file: Path) -> None:
    """`words` in the voice `name` as a WAV file. `rate`, `pitch` and `lilt` are factors about 1. Raises OSError where festival
    fails."""
    plan = _ask(f"(ear.plan voice_{MELODY} {_text(words)})")
    said = " ".join(s.scheme() for s in foreign(plan, SPEAKERS[name], rate, pitch, lilt, rng))
    _ask(f"(ear.say voice_{name} '({said}) {_text(str(file))})")


def foreign(plan: list[str], speaker: Speaker, rate: float, pitch: float, lilt: float, rng: Random) -> list[Sound]:
    """What this speaker says for the lines of `ear.plan`."""
    habits = {
        english: rng.choice(said.split("|")).split("+") if said else []
        for english, said in (pair.split("=") for pair in speaker.sounds.split())
    }
    sounds: list[Sound] = []
    start = 0.0
    for line in plan:
        english, seconds, *tones = line.split()[1:]
        long = float(seconds) / rate
        melody = [
            (float(at) / rate - start, speaker.hertz * pitch * (float(hertz) / HERTZ) ** lilt)
            for at, hertz in zip(tones[::2], tones[1::2])
        ]
        start += long
        said = habits.get(english, [english])
        # The first of two has most of the time: the melody lies in it.
        shares = [0.6, 0.4] if len(said) == 2 else [1.0]
        for name, share in zip(said, shares):
            add(sounds, Sound(name, long * share, melody))
            melody = []
    return sounds


@dataclass
class Sound:
    """A sound of the foreign voice, its seconds, and its melody: when from its start, and hertz."""

    name: str
    seconds: float
    melody: list[tuple[float, float]]

    def scheme(self) -> str:
        tones = "".join(f" ({min(at, self.seconds):.4f} {hz:.1f})" for at, hz in self.melody)
        return f"({_text(self.name)} {self.seconds:.4f}{tones})"


def add(sounds: list[Sound], new: Sound) -> None:
    """The same sound twice is one that lasts: voices have no way from a sound to itself."""
    if sounds and sounds[-1].name == new.name:
        last = sounds[-1]
        last.melody += [(last.seconds + at, hz) for at, hz in new.melody]
        last.seconds += new.seconds
    else:
        sounds.append(new)


def _text(words: str) -> str:
    return '"' + words.replace("\\", " ").replace('"', " ") + '"'


@cache
def _festival() -> subprocess.Popen:
    command = ["festival", "--pipe", str(Path(__file__).with_name("accents.scm"))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    atexit.register(process.kill)
    return process


def _ask(command: str) -> list[str]:
    """What festival prints for it. One that fails ends its process; the next gets a new one."""
    process = _festival()
    try:
        process.stdin.write(command + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass
    lines = []
    for line in process.stdout:
        if line == "done\n":
            return lines
        if line.startswith("sound "):
            lines.append(line)
    process.kill()
    process.wait()
    _festival.cache_clear()
    raise OSError(f"festival failed at {command[:80]}")
