#!/bin/sh
# Prints every speed figure the README quotes.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh python3 wrk nodejs npm openssl postgresql >&2
cargo build --release >&2
python3 benches/bench.py "$@"
echo
echo "## (c) Search over 100,000 generated products"
cargo bench --bench search_scale
echo
echo "## (f) Live speech"
cargo bench --bench endpointing
cargo bench --bench live
echo
echo "## (g) PostgreSQL as the shop grows"
cargo bench --bench postgres_scale
echo
python3 benches/ear_peer.py
echo
echo "## (i) Verifying one Alexa request"
cargo bench --bench verification
