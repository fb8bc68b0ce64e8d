#!/usr/bin/env python3
"""`make bench`: the server as a whole process, beside what one would use instead. Prints tables; changes nothing.

Everything runs on loopback in a scratch data directory. Needs node, npm and wrk for the comparison with Amazon's SDK;
says so and goes on where they are missing.
"""
import argparse
import datetime
import functools
import http.server
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/voicecart"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One started process that answers on a port; killed on the way out."""

    def __init__(self, command, port, ready, env=None, cwd=ROOT):
        self.port, self.log = port, tempfile.TemporaryFile()
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})}, cwd=cwd)
        while not ready(port):
            if self.process.poll() is not None or time.monotonic() - began > 60:
                self.log.seek(0)
                sys.exit(f"{command[0]} did not start:\n{self.log.read().decode(errors='replace')[-2000:]}")
            time.sleep(0.002)
        self.started = time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def rss_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(l for l in status.splitlines() if l.startswith("VmRSS")).split()[1]) / 1024


def answers(path):
    def ready(port):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).status == 200
        except OSError:
            return False
    return ready


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def voicecart(data, more=None):
    port = free_port()
    env = {
        "VOICECART_BIND": f"127.0.0.1:{port}", "VOICECART_DATA_DIR": data, "VOICECART_AUTH_REQUIRED": "false",
        "VOICECART_ALEXA_VERIFY": "false", "VOICECART_LOG_FILTER": "warn", **(more or {}),
    }
    return Server([str(BINARY), "serve"], port, answers("/readyz"), env)


def spread(values, digits=1):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def alexa(seconds, rounds):
    print("\n## (a) Alexa turns: Voicecart beside ask-sdk-core + ask-sdk-express-adapter, in turn, one load generator thread\n")
    peer_home = ROOT / "benches/peers/ask-sdk"
    if not all(map(shutil.which, ["node", "npm", "wrk"])):
        return print("skipped: needs node, npm and wrk (Debian packages nodejs, npm, wrk)")
    if not (peer_home / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=peer_home, check=True)
    tag = 0

    def load(port, connections):
        nonlocal tag
        tag += 1
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(ROOT / "benches/peers/alexa.lua"), f"http://127.0.0.1:{port}", "--", f"r{tag}"],
            capture_output=True, text=True, check=True).stdout
        rate, p50, p99, errors = out.split("FIGURES ")[1].split()
        if errors != "0":
            print(f"  ! {errors} failed requests at {connections} connections", file=sys.stderr)
        return float(rate), float(p50), float(p99)

    peer_port = free_port()
    with tempfile.TemporaryDirectory() as data, voicecart(data) as ours, Server(
            ["node", "server.js", str(peer_port), str(ROOT / "sample-shop")], peer_port, listens, {"NODE_ENV": "production"}, peer_home) as peer:
        idle = ours.rss_mib()
        print("| connections | Voicecart turns/s | p50 ms | p99 ms | ask-sdk turns/s | p50 ms | p99 ms | ratio of turns/s |\n|---|---|---|---|---|---|---|---|")
        for connections in (1, 8, 64):
            load(ours.port, connections), load(peer.port, connections)
            pairs = [(load(ours.port, connections), load(peer.port, connections)) for _ in range(rounds)]
            a, b = zip(*pairs)
            columns = [spread([x[i] for x in side], 0 if i == 0 else 2) for side in (a, b) for i in range(3)]
            ratio = spread([x[0] / y[0] for x, y in pairs])
            print(f"| {connections} | {' | '.join(columns)} | {ratio} |", flush=True)
        print(f"\nResident memory: Voicecart idle {idle:.0f} MiB, after the load {ours.rss_mib():.0f} MiB; node {peer.rss_mib():.0f} MiB")


class Chain:
    """A chain such as Amazon's (RSA all through) in a folder, served where Voicecart is told to fetch it."""
    ADDRESS = "https://s3.amazonaws.com/echo.api/echo-api-cert-bench.pem"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.make("root", None, "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign")
        self.make("middle", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign")
        self.make("leaf", "middle", "subjectAltName=DNS:echo-api.amazon.com\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth")
        pem = [(self.folder / f"{name}.pem").read_text() for name in ("leaf", "middle")]
        (self.folder / "chain.pem").write_text("".join(pem))
        (self.folder / "echo.api").mkdir()
        (self.folder / "echo.api/echo-api-cert-bench.pem").write_text("".join(pem))
        handler = functools.partial(Quiet, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def make(self, name, issuer, extensions):
        run = lambda *args: subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True)
        (self.folder / "extensions").write_text(extensions)
        run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN=bench {name}", "-out", f"{name}.csr")
        by = ["-signkey", f"{name}.key"] if issuer is None else ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
        run("x509", "-req", "-in", f"{name}.csr", "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem", *by)

    def env(self):
        return {
            "VOICECART_ALEXA_VERIFY": "true", "VOICECART_ALEXA_EXTRA_ROOT": str(self.folder / "root.pem"),
            "VOICECART_ALEXA_CHAIN_BASE_OVERRIDE": f"http://127.0.0.1:{self.server.server_address[1]}",
        }


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def signed(seconds, rounds):
    print("\n## (g) Signed Alexa requests, verified: Voicecart beside ask-sdk-express-adapter, the same requests, in turn, 8 connections\n")
    peer_home = ROOT / "benches/peers/ask-sdk"
    if not all(map(shutil.which, ["node", "npm", "wrk", "openssl"])):
        return print("skipped: needs node, npm, wrk and openssl (Debian packages nodejs, npm, wrk, openssl)")
    if not (peer_home / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=peer_home, check=True)
    sdk = ["node", "server.js"]
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as folder:
        chain = Chain(folder)
        port = free_port()
        with voicecart(data, chain.env()) as ours, Server([*sdk, str(port), str(ROOT / "sample-shop"), folder], port, listens, {"NODE_ENV": "production"}, peer_home) as peer:
            forged = urllib.request.Request(f"http://127.0.0.1:{port}/alexa", b"{}", {"SignatureCertChainUrl": Chain.ADDRESS, "Signature-256": "AAAA"})
            for side in (ours, peer):
                forged.full_url = f"http://127.0.0.1:{side.port}/alexa"
                try:
                    sys.exit(f"a forged request was answered: {urllib.request.urlopen(forged).status}")
                except urllib.error.HTTPError as refused:
                    assert refused.code == 400, refused.code

            def load(server):
                out = subprocess.run(
                    ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", str(ROOT / "benches/peers/signed.lua"), f"http://127.0.0.1:{server.port}", "--", f"{folder}/requests", Chain.ADDRESS],
                    capture_output=True, text=True, check=True).stdout
                rate, p50, p99, errors, sent = out.split("FIGURES ")[1].split()
                if errors != "0":
                    print(f"  ! {errors} failed requests", file=sys.stderr)
                return float(rate), float(p50), float(p99), int(sent)

            pairs, count = [], 2_000
            for n in range(rounds + 1):
                subprocess.run(["node", str(ROOT / "benches/peers/sign.js"), folder, str(count), f"s{n}"], check=True)
                pairs.append((load(ours), load(peer)))
                # Every request once: a second time it is only repeated what was said.
                count = int(max(side[3] for side in pairs[-1]) * 1.3)
            pairs = pairs[1:]
            a, b = zip(*pairs)
            columns = [spread([x[i] for x in side], 0 if i == 0 else 2) for side in (a, b) for i in range(3)]
            print("| Voicecart turns/s | p50 ms | p99 ms | ask-sdk turns/s | p50 ms | p99 ms | ratio of turns/s |\n|---|---|---|---|---|---|---|")
            print(f"| {' | '.join(columns)} | {spread([x[0] / y[0] for x, y in pairs])} |", flush=True)


def voice(count):
    print("\n## (b) POST /v1/voice, one caller: a spoken command of about 3 s\n")
    clip = max((ROOT / "audio-fixtures").glob("*-clean.wav"), key=lambda f: f.stat().st_size)
    audio = clip.read_bytes()
    with tempfile.TemporaryDirectory() as data, voicecart(data) as server:
        walls, stages = [], {}
        for n in range(count):
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}/v1/voice?session=bench-{n}", audio, {"Content-Type": "audio/wav", "Accept": "application/json"})
            began = time.monotonic()
            answer = json.load(urllib.request.urlopen(request))
            walls.append((time.monotonic() - began) * 1000)
            for stage, ms in (answer.get("ms") or answer.get("timings") or {}).items():
                stages.setdefault(stage, []).append(ms)
        walls.sort()
        print(f"{clip.name}, {(len(audio) - 44) / 32000:.1f} s, {count} requests: p50 {walls[count // 2]:.0f} ms, p99 {walls[int(count * 0.99)]:.0f} ms")
        print("medians by stage, ms: " + ", ".join(f"{s} {statistics.median(v):.1f}" for s, v in stages.items()))
        print(f"Resident memory under voice load: {server.rss_mib():.0f} MiB")


def cold_start(count):
    print("\n## (d) Cold start to ready, embedded model\n")
    first, later = [], []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as data:
            with voicecart(data) as server:
                first.append(server.started * 1000)
            with voicecart(data) as server:
                later.append(server.started * 1000)
                idle = server.rss_mib()
    print(f"first start (sample shop imported): {spread(first, 0)} ms; later starts: {spread(later, 0)} ms; resident idle {idle:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5, help="length of one load run")
    parser.add_argument("--rounds", type=int, default=3, help="paired runs for each number of connections")
    parser.add_argument("parts", nargs="*", default=["alexa", "signed", "voice", "cold"], help="alexa, signed, voice, cold")
    args = parser.parse_args()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    print(f"Voicecart bench, {datetime.date.today()}, {os.cpu_count()} cores of {cpu}; medians (min to max)")
    if "alexa" in args.parts:
        alexa(args.seconds, args.rounds)
    if "signed" in args.parts:
        signed(args.seconds, args.rounds)
    if "voice" in args.parts:
        voice(100)
    if "cold" in args.parts:
        cold_start(7)


if __name__ == "__main__":
    main()
