#!/usr/bin/env python3
"""Endurance, apart from `make bench` because it takes its time:

    python3 benches/endurance.py garbage --minutes 5    200 connections of nonsense, silence and half frames
    python3 benches/endurance.py soak --minutes 60      steady work at 60% of what the server can do

Both print the server's memory, threads and descriptors as they go, and what an honest caller noticed. Exit status 1
when something grew or somebody was not answered."""
import argparse
import json
import os
import pathlib
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from bench import ROOT, voicecart

CLIP = next((ROOT / "audio-fixtures").glob("*batteries*-clean.wav"))
FIRST_BYTES = [
    b"",
    b"\x00" * 64,
    b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    b"POST /v1/voice HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\nContent-Length: 100000\r\n\r\nRIFF",
    b"POST /alexa HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{",
    b"GET / HTTP/9.9\r\n" + b"a: b\r\n" * 30,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 40,
]
# Of a frame that claims more than it brings, and of one that is nonsense.
FRAMES = [b"\x82\xfe\x10\x00abcd" + b"\x11" * 50, b"\x8f\xff" + b"\xff" * 20, b"\x81\x85abcdzzzzz"]


# How often one turn is asked for.
TRIES = 4


class Nuisance(threading.Thread):
    """One bad connection after another until told to stop."""

    def __init__(self, port, stop, seed):
        super().__init__(daemon=True)
        self.port, self.stop, self.dice = port, stop, random.Random(seed)

    def run(self):
        while not self.stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                    first = self.dice.choice(FIRST_BYTES)
                    s.sendall(first)
                    if b"websocket" in first:
                        s.recv(1024)
                        s.sendall(self.dice.choice(FRAMES))
                    s.settimeout(1)
                    held = time.monotonic() + self.dice.uniform(0.2, 40)
                    while time.monotonic() < held and not self.stop.is_set():
                        try:
                            if not s.recv(4096):
                                break
                        except TimeoutError:
                            if self.dice.random() < 0.05:
                                s.sendall(self.dice.randbytes(self.dice.randrange(1, 200)))
            except OSError:
                self.stop.wait(0.2)


class Caller(threading.Thread):
    """Asks in words and in sound at a steady pace; keeps every time it took and every answer that did not come."""

    def __init__(self, port, stop, a_second, name):
        super().__init__(daemon=True)
        self.port, self.stop, self.pause, self.session = port, stop, 1 / a_second, name
        self.text_ms, self.voice_ms, self.lost, self.busy = [], [], [], 0
        self.audio = CLIP.read_bytes()

    def ask(self, path, body, kind, times):
        """Asks again where the server is busy and says when to, as a client should; a turn is lost when that fails too."""
        began = time.monotonic()
        for tries in range(TRIES, 0, -1):
            try:
                request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, {"Content-Type": kind, "Accept": "application/json"})
                with urllib.request.urlopen(request, timeout=20) as answer:
                    json.load(answer)
                times.append((time.monotonic() - began) * 1000)
                return
            except (OSError, ValueError) as error:
                later = error.headers.get("Retry-After") if getattr(error, "code", 0) == 503 else None
                if tries == 1 or later is None:
                    self.lost.append(str(error))
                    return
                self.busy += 1
                self.stop.wait(float(later))

    def run(self):
        # Not in step: people are not.
        n = random.randrange(4)
        due = time.monotonic() + random.random() * self.pause
        self.stop.wait(due - time.monotonic())
        while not self.stop.is_set():
            n += 1
            session = f"{self.session}-{n // 20}"
            if n % 4 == 0:
                self.ask(f"/v1/voice?session={session}", self.audio, "audio/wav", self.voice_ms)
            else:
                words = ["where is my order", "find green tea", "the second one", "what is in my basket"][n % 4]
                self.ask("/v1/text", json.dumps({"text": words, "session": session}).encode(), "application/json", self.text_ms)
            due += self.pause
            self.stop.wait(max(0, due - time.monotonic()))


def state(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    number = lambda name: int(next(l for l in status if l.startswith(name)).split()[1])
    return {"rss_mib": number("VmRSS") / 1024, "threads": number("Threads"), "descriptors": len(os.listdir(f"/proc/{pid}/fd"))}


def watch(server, minutes, callers):
    """A line every tenth of the time: what was usual in it, since threads for short errands come and go by the second."""
    seen = []
    for _ in range(10):
        until, states = time.monotonic() + minutes * 6, []
        while time.monotonic() < until:
            time.sleep(1)
            if server.process.poll() is not None:
                sys.exit("the server is gone")
            states.append(state(server.process.pid))
        now = {name: statistics.median(s[name] for s in states) for name in states[0]}
        seen.append(now)
        asked, most = sum(len(c.text_ms) + len(c.voice_ms) for c in callers), max(s["rss_mib"] for s in states)
        print(f"  {time.strftime('%H:%M:%S')}  {now['rss_mib']:.0f} MiB (at most {most:.0f}), {now['threads']:g} threads, {now['descriptors']:g} descriptors, {asked} turns answered", flush=True)
    return seen


def verdict(seen, idle, callers, resident, steady):
    """`steady` names what must not be more at the end than it was."""
    text = [t for c in callers for t in c.text_ms]
    voice = [t for c in callers for t in c.voice_ms]
    lost = [e for c in callers for e in c.lost]
    for name, times in (("typed", text), ("spoken", voice)):
        times.sort()
        if times:
            print(f"{name} turns: {len(times)}, p50 {statistics.median(times):.0f} ms, p99 {times[int(len(times) * .99)]:.0f} ms")
    print(f"turns without an answer: {len(lost)}" + (f", the first: {lost[0]}" if lost else "") + f"; asked again because it was busy: {sum(c.busy for c in callers)}")
    then, last = seen[2], seen[-1]
    grown = last["rss_mib"] - then["rss_mib"]
    print(f"memory grew {grown:+.0f} MiB from the third tenth to the last; threads {then['threads']:g} to {last['threads']:g}; descriptors {then['descriptors']:g} to {last['descriptors']:g}, at the end, when all had hung up, {idle['descriptors']}")
    if lost or grown > resident or any(last[name] > then[name] for name in steady):
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["garbage", "soak"])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--connections", type=int, default=200)
    args = parser.parse_args()
    stop = threading.Event()
    # All callers share one address here, and with it one caller's limit.
    with tempfile.TemporaryDirectory() as data, voicecart(data, {"VOICECART_LIMITS_REQUESTS_PER_MINUTE": "0"}) as server:
        print(f"{args.what}, {args.minutes:g} minutes; at the start {state(server.process.pid)}", flush=True)
        if args.what == "garbage":
            others = [Nuisance(server.port, stop, seed) for seed in range(args.connections)]
            callers = [Caller(server.port, stop, 2, "honest")]
        else:
            # Spoken turns cost far more than typed ones: one in four at this pace is 60% of the cores we may use.
            probe = Caller(server.port, stop, 1000, "probe")
            for _ in range(8):
                probe.ask("/v1/voice?session=probe", probe.audio, "audio/wav", probe.voice_ms)
            a_second = 0.6 * len(os.sched_getaffinity(0)) * 4 / (statistics.median(probe.voice_ms) / 1000)
            print(f"a spoken turn alone takes {statistics.median(probe.voice_ms):.0f} ms: {a_second:.1f} turns a second, every fourth spoken")
            others, callers = [], [Caller(server.port, stop, a_second / 8, f"soak-{n}") for n in range(8)]
        for thread in others + callers:
            thread.start()
        seen = watch(server, args.minutes, callers)
        stop.set()
        for thread in callers:
            thread.join()
        time.sleep(8)
        # Strangers' connections come and go, and each is a descriptor.
        steady = ["threads"] if args.what == "garbage" else ["threads", "descriptors"]
        verdict(seen, state(server.process.pid), callers, 16, steady)


if __name__ == "__main__":
    main()
