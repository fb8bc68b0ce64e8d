#!/bin/sh
# Prints every quality figure the README quotes; fails when a target is missed, after all of them were measured.
# The data are looked for under VOICECART_DATA (default ../shared/data).
set -eu
cd "$(dirname "$0")/.."
missed=0
for bench in eval_nlu search taste eval_ears; do
    cargo bench --bench "$bench" || missed=1
done
# A thousand random faults on each database engine.
scripts/setup.sh postgresql >&2
VOICECART_FAULTS=1000 cargo test --release --test faults -- --nocapture --test-threads 1 || missed=1
exit "$missed"
