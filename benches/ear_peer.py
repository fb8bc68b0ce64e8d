#!/usr/bin/env python3
"""Part (h) of `make bench`: 8 callers of POST /v1/audio/transcriptions beside whisper.cpp's own server on the same
model file and the same clips, in turn, in one run. WHISPER_SERVER_BIN names the other server's program.

It ends: a side takes no new clip once its time is over, finishes what it has begun, and is counted by what it finished.
"""
import argparse
import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import tempfile
import threading
import time
import tomllib
import wave

from bench import ROOT, Server, free_port, listens, spread, voicecart

CALLERS = 8
OURS = "/v1/audio/transcriptions", {"model": "whisper-1"}
THEIRS = "/inference", {"response_format": "json"}
# A caller waits behind seven others; longer than this for one answer is no answer.
PATIENCE = 60
TARGET = 4.0
PLAIN, FITTED = "as it comes", "fitted to the longest clip"


def form(fields, name, audio):
    edge = "voicecart-bench"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: audio/wav\r\n\r\n'.encode()
    return b"".join(parts) + head + audio + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


class Round:
    """CALLERS callers who each ask for the next clip as soon as they have an answer, until no clip or no time is left."""

    def __init__(self, port, path, fields, clips, seconds):
        self.asked, self.texts, self.failed, self.waiting = len(clips), {}, [], queue.SimpleQueue()
        self.done, began = 0, time.monotonic()
        self.until, self.lock = began + seconds, threading.Lock()
        for clip in clips:
            self.waiting.put(clip)
        threads = [threading.Thread(target=self.caller, args=(port, path, fields)) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.rate = self.done / (time.monotonic() - began)

    def caller(self, port, path, fields):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        while time.monotonic() < self.until:
            try:
                clip = self.waiting.get_nowait()
            except queue.Empty:
                return
            body, kind = form(fields, clip.name, clip.read_bytes())
            try:
                connection.request("POST", path, body, {"Content-Type": kind})
                answer = connection.getresponse()
                text = answer.read()
            except OSError as error:
                with self.lock:
                    self.failed.append((clip.name, str(error)))
                return
            with self.lock:
                if answer.status == 200:
                    self.done += 1
                    self.texts[clip.name] = words(json.loads(text)["text"])
                else:
                    self.failed.append((clip.name, answer.status, text[:200]))


def words(text):
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def trouble(who, rounds):
    failed = [f for r in rounds for f in r.failed]
    if failed:
        print(f"  ! {who}: {len(failed)} requests failed, the first: {failed[0]}")
    cut = sum(r.asked - r.done - len(r.failed) for r in rounds)
    if cut:
        print(f"  ! {who}: {cut} of {sum(r.asked for r in rounds)} clips were not begun when its time was over; the rate is of those it finished")


def seconds_of(clip):
    with wave.open(str(clip)) as sound:
        return sound.getnframes() / sound.getframerate()


def manners(clips, cores):
    """How the other server is started: as it comes, and as like ours as its options allow. One request at a time is how it works, so its threads are what is left."""
    # As our recogniser does: the encoder fitted to the sound (50 positions a second) in place of 30 seconds, no second
    # tries, no timestamps. It has one length for all clips, so the longest sets it.
    positions = -(-int((max(map(seconds_of, clips)) + 0.4) * 50) // 8) * 8
    fitted = ["-ac", str(positions), "-nf", "-nt", "-bo", "1", "-bs", "1"]
    for threads in sorted({1, cores}):
        yield f"{PLAIN}, {threads} thread(s)", ["-t", str(threads)]
        yield f"{FITTED}, {threads} thread(s)", ["-t", str(threads), *fitted]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=48, help="clips in a round, at most")
    parser.add_argument("--seconds", type=float, default=15, help="a side takes no new clip in a round after this")
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"\n## (h) {CALLERS} callers of the OpenAI door beside whisper.cpp's own server, same model file, same clips\n")
    program = os.environ.get("WHISPER_SERVER_BIN") or shutil.which("whisper-server")
    model = next((ROOT / "models").glob("ggml-*.bin"))
    found = sorted((ROOT / "audio-fixtures").glob("*-clean.wav"))
    # Every third, so that a short round is no run of one kind of sentence.
    clips = [found[3 * n % len(found)] for n in range(args.clips)]
    said = {c["file"]: words(c["transcript"]) for c in tomllib.loads((ROOT / "audio-fixtures/manifest.toml").read_text())["clip"]}
    mean = sum(map(seconds_of, clips)) / len(clips)
    print(f"{cores} cores; at most {args.clips} clips of {mean:.1f} s or {args.seconds:.0f} s a side and round, {args.rounds} rounds in turn; medians (min to max)\n")
    run = lambda port, side, some, seconds: Round(port, *side, some, seconds)
    # The other server queues without bound; ours must not refuse what this bench has it hear.
    room = {"VOICECART_ASR_QUEUE": str(CALLERS)}
    with tempfile.TemporaryDirectory() as data, voicecart(data, room) as ours:
        run(ours.port, OURS, clips[:CALLERS], args.seconds)
        if not program:
            rates = [run(ours.port, OURS, clips, args.seconds).rate for _ in range(args.rounds)]
            print(f"Voicecart {spread(rates)} clips/s; no whisper-server to compare with: set WHISPER_SERVER_BIN to one")
            return
        print("| whisper-server | Voicecart clips/s | whisper-server clips/s | ratio | clips without a wrong word, of those both heard |\n|---|---|---|---|---|")
        medians = {}
        for name, options in manners(clips, cores):
            port = free_port()
            command = [program, "-m", str(model), "--host", "127.0.0.1", "--port", str(port), *options]
            with Server(command, port, listens, cwd=pathlib.Path(data)) as theirs:
                # One each to warm up; a slow side must not spend its time on this.
                run(theirs.port, THEIRS, clips[:1], args.seconds)
                pairs = [(run(ours.port, OURS, clips, args.seconds), run(theirs.port, THEIRS, clips, args.seconds)) for _ in range(args.rounds)]
            mine, other = zip(*pairs)
            if not all(r.done for r in mine + other):
                print(f"| {name} | no figure: a round finished no clip |")
            else:
                ratios = sorted(a.rate / b.rate for a, b in pairs)
                medians[name] = ratios[len(ratios) // 2]
                both = mine[0].texts.keys() & other[0].texts.keys()
                right = [sum(side.texts[clip] == said[clip] for clip in both) for side in (mine[0], other[0])]
                print(f"| {name} | {spread([r.rate for r in mine], 2)} | {spread([r.rate for r in other], 2)} | {spread(ratios, 2)} | {right[0]} and {right[1]} of {len(both)} |", flush=True)
            trouble("Voicecart", mine)
            trouble(name, other)
    # The target speaks of the server as anyone starts it; the other figure says how much of it is the fitted encoder.
    best = lambda manner: min(((ratio, name) for name, ratio in medians.items() if name.startswith(manner)), default=None)
    plain, fitted = best(PLAIN), best(FITTED)
    if plain:
        verdict = "met" if plain[0] >= TARGET else "not met"
        print(f"\nRESULT at {CALLERS} callers: {plain[0]:.2f} times whisper-server {plain[1]} (target {TARGET:.0f}: {verdict})", end="")
        print(f"; {fitted[0]:.2f} times it {fitted[1]}" if fitted else "")
    else:
        print(f"\nRESULT at {CALLERS} callers: no figure; the lines above say why")


if __name__ == "__main__":
    main()
