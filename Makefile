# Everything a person does here is one of these. On Debian they install what is missing first.
SHELL := /bin/sh
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: help run test bench eval lint setup

help: ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: setup ## build, and start the server with the embedded model, database and sample shop
	cargo build --release
	./target/release/voicecart serve --set intents.watch=true

test: setup ## formatting, lints and the whole test suite
	@scripts/setup.sh espeak-ng sox flite ffmpeg pulseaudio pulseaudio-utils libasound2-plugins python3 python3-venv nodejs npm chromium
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test

bench: setup ## speed, side by side with what one would use instead; prints figures
	scripts/bench.sh

eval: setup ## quality of understanding and search on public data; prints figures
	scripts/eval.sh

setup:
	@scripts/setup.sh
