#!/usr/bin/env python3
"""Speaks audio-fixtures/sentences.tsv into 16 kHz mono WAV files and writes manifest.toml.

Needs espeak-ng, flite and sox (Debian packages of those names). Deterministic: run it again after adding a sentence.
`heard` in the manifest (what the embedded model makes of a clip) is filled in by `cargo test --test voice -- --nocapture`
with UPDATE_FIXTURES=1, never by hand.
"""
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# Voices in turn: no intent belongs to one voice.
VOICES = [
    ("espeak-en-us", ["espeak-ng", "-v", "en-us", "-s", "160"]),
    ("espeak-en-us+f3", ["espeak-ng", "-v", "en-us+f3", "-s", "150"]),
    ("espeak-en-gb", ["espeak-ng", "-v", "en-gb", "-s", "155"]),
    ("flite-slt", ["flite", "-voice", "slt"]),
    ("flite-rms", ["flite", "-voice", "rms"]),
]
# (name, sox effects and mixing): every third sentence gets a second, noisy clip.
NOISE_DB = 15


def speak(voice, text, target):
    if voice[0] == "espeak-ng":
        subprocess.run([*voice, "-w", target, text], check=True)
    else:
        subprocess.run([*voice, "-t", text, "-o", target], check=True)


def finish(source, target, noisy):
    """Pads, resamples to 16 kHz and evens the level; with noise, mixes pink noise NOISE_DB under the speech."""
    with tempfile.TemporaryDirectory() as folder:
        clean = f"{folder}/clean.wav"
        subprocess.run(["sox", "-R", source, "-r", "16000", "-c", "1", "-b", "16", clean, "norm", "-3", "pad", "0.2", "0.3"], check=True)
        if not noisy:
            subprocess.run(["cp", clean, target], check=True)
            return
        rms = lambda f: float(re.search(r"RMS\s+amplitude:\s+([\d.]+)", subprocess.run(["sox", f, "-n", "stat"], capture_output=True, text=True).stderr)[1])
        noise = f"{folder}/noise.wav"
        seconds = subprocess.run(["soxi", "-D", clean], capture_output=True, text=True).stdout.strip()
        subprocess.run(["sox", "-R", "-n", "-r", "16000", "-c", "1", "-b", "16", noise, "synth", seconds, "pinknoise", "vol", "0.5"], check=True)
        gain = rms(clean) / rms(noise) * 10 ** (-NOISE_DB / 20)
        subprocess.run(["sox", "-R", "-m", "-v", "0.9", clean, "-v", f"{0.9 * gain:.6f}", noise, "-b", "16", target], check=True)


def main():
    rows = [l.rstrip("\n").split("\t") for l in (HERE / "sentences.tsv").read_text().splitlines() if l and not l.startswith("#")]
    clips = []
    for n, (text, intent, slots) in enumerate((r + [""] * 3)[:3] for r in rows):
        name, voice = VOICES[n % len(VOICES)]
        for condition in ["clean", "noise"] if n % 3 == 0 else ["clean"]:
            file = f"{n + 1:02d}-{re.sub('[^a-z0-9]+', '-', text)}-{condition}.wav"
            with tempfile.NamedTemporaryFile(suffix=".wav") as raw:
                speak(voice, text, raw.name)
                finish(raw.name, str(HERE / file), condition == "noise")
            pairs = dict(p.split("=") for p in slots.split(";") if p)
            table = ", ".join(f'{k} = "{v}"' for k, v in pairs.items())
            clips.append(
                f'[[clip]]\nfile = "{file}"\ntranscript = "{text}"\nintent = "{intent}"\nslots = {{ {table} }}\n'
                f'voice = "{name}"\ncondition = "{condition}"\nlicence = "CC0-1.0"\n'
            )
    head = "# Spoken requests, synthesised for this project by make.py from sentences.tsv; public domain (CC0).\n# `product` stands for whichever slot carries the product's words. Noise is pink, 15 dB under the speech.\n\n"
    (HERE / "manifest.toml").write_text(head + "\n".join(clips))
    print(f"{len(clips)} clips")


if __name__ == "__main__":
    main()
