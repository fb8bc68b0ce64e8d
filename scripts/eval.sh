#!/bin/sh
# Prints every quality figure the README quotes. The data are looked for under VOICECART_DATA (default ../shared/data).
set -eu
cd "$(dirname "$0")/.."
cargo bench --bench eval_nlu
cargo bench --bench search
