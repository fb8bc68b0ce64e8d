#!/bin/sh
# Makes the clips of the speech examination where they are not there yet, and has the server hear them.
# Usage: scripts/eval-speech.sh [MODEL.bin]    VOICECART_EXAM names another folder for the clips.
set -eu
cd "$(dirname "$0")/.."
clips=${VOICECART_EXAM:-target/ear/clips}
if [ ! -f "$clips/clips.jsonl" ]; then
    venv=target/ear/venv
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r training/requirements.txt
    PYTHONPATH=training "$venv/bin/python" -m ear clips --work "$(dirname "$clips")"
fi
VOICECART_EXAM=$clips cargo bench --bench eval_ears -- --exam "$@"
