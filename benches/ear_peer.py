#!/usr/bin/env python3
"""Part (h) of `make bench`: 8 callers of POST /v1/audio/transcriptions beside whisper.cpp's own server on the same
model file and the same clips, in turn, in one run. WHISPER_SERVER_BIN names the other server's program."""
import argparse
import http.client
import os
import pathlib
import queue
import shutil
import tempfile
import threading
import time

from bench import ROOT, Server, free_port, listens, spread, voicecart

CALLERS = 8


def form(fields, name, audio):
    edge = "voicecart-bench"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: audio/wav\r\n\r\n'.encode()
    return b"".join(parts) + head + audio + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def clips_a_second(port, path, fields, clips):
    """Clips transcribed a second by CALLERS callers who each ask for the next as soon as they have an answer."""
    waiting, failed = queue.SimpleQueue(), []
    for clip in clips:
        waiting.put(clip)

    def caller():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            try:
                clip = waiting.get_nowait()
            except queue.Empty:
                return
            body, kind = form(fields, clip.name, clip.read_bytes())
            connection.request("POST", path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                failed.append((clip.name, answer.status, text[:200]))

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    if failed:
        print(f"  ! {len(failed)} of {len(clips)} requests failed, the first: {failed[0]}")
    return len(clips) / took


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=64, help="clips in a round")
    args = parser.parse_args()
    print(f"\n## (h) {CALLERS} callers of the OpenAI door beside whisper.cpp's own server, same model file, same clips\n")
    program = os.environ.get("WHISPER_SERVER_BIN") or shutil.which("whisper-server")
    model = next((ROOT / "models").glob("ggml-*.bin"))
    found = sorted((ROOT / "audio-fixtures").glob("*-clean.wav"))
    clips = [found[n % len(found)] for n in range(args.clips)]
    ours_path, theirs_path = "/v1/audio/transcriptions", "/inference"
    ours_fields, theirs_fields = {"model": "whisper-1"}, {"response_format": "json", "temperature": "0"}
    with tempfile.TemporaryDirectory() as data, voicecart(data) as ours:
        if not program:
            rates = [clips_a_second(ours.port, ours_path, ours_fields, clips) for _ in range(args.rounds)]
            print(f"Voicecart {spread(rates)} clips/s; no whisper-server to compare with: set WHISPER_SERVER_BIN to one")
            return
        rows = []
        # One request at a time is how it works, so what is left to choose is its threads.
        for threads in sorted({1, os.cpu_count()}):
            port = free_port()
            command = [program, "-m", str(model), "--host", "127.0.0.1", "--port", str(port), "-t", str(threads)]
            with Server(command, port, listens, cwd=pathlib.Path(data)) as theirs:
                clips_a_second(ours.port, ours_path, ours_fields, clips[:8]), clips_a_second(theirs.port, theirs_path, theirs_fields, clips[:8])
                pairs = [(clips_a_second(ours.port, ours_path, ours_fields, clips), clips_a_second(theirs.port, theirs_path, theirs_fields, clips)) for _ in range(args.rounds)]
            mine, other = zip(*pairs)
            rows.append(f"| {threads} | {spread(mine)} | {spread(other)} | {spread([a / b for a, b in pairs])} |")
        print("| whisper-server's threads | Voicecart clips/s | whisper-server clips/s | ratio |\n|---|---|---|---|")
        print("\n".join(rows))


if __name__ == "__main__":
    main()
