#!/bin/sh
# Prints every quality figure the README quotes; fails when a target is missed, after all of them were measured.
# The data are looked for under VOICECART_DATA (default ../shared/data).
set -eu
cd "$(dirname "$0")/.."
missed=0
for bench in eval_nlu search eval_ears; do
    cargo bench --bench "$bench" || missed=1
done
exit "$missed"
