#!/bin/sh
# Makes a speech model for a shop: sentences, voices, training, export, calibration. Arguments go to `python -m ear all`.
set -eu
cd "$(dirname "$0")/.."
venv=target/ear/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet -r training/requirements-train.txt
# The last step has the server hear.
[ -x target/release/voicecart ] || cargo build --release
PYTHONPATH=training nice "$venv/bin/python" -m ear all "$@"
