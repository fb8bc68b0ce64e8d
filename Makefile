# Everything a person does here is one of these. On Debian they install what is missing first.
SHELL := /bin/sh
export PATH := $(HOME)/.cargo/bin:$(PATH)

# Voices to train the ear on and to examine it with, and free English to speak.
SYNTHESISERS := espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts fortunes
# People who were recorded in other languages, to speak English in training.
ACCENTS := festvox-czech-dita festvox-czech-krb festvox-czech-machac festvox-czech-ph festvox-italp16k festvox-itapc16k festvox-hi-nsk festival-hi festvox-suopuhe-lj festvox-suopuhe-mv

MODEL ?= intents/en-US/model.json
CATALOGUE ?= sample-shop/products.csv
MINUTES ?= 60

.PHONY: help run test bench eval eval-speech ear lint setup

help: ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: setup ## build, and start the server with the embedded model, database and sample shop
	cargo build --release
	./target/release/voicecart serve --set intents.watch=true

test: setup ## formatting, lints and the whole test suite
	@scripts/setup.sh espeak-ng sox flite ffmpeg pulseaudio pulseaudio-utils libasound2-plugins speech-dispatcher speech-dispatcher-espeak-ng python3 python3-venv nodejs npm chromium postgresql
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test

bench: setup ## speed, side by side with what one would use instead; prints figures
	scripts/bench.sh

eval: setup ## quality of understanding and search on public data; prints figures
	scripts/eval.sh

eval-speech: setup ## what the ear hears: strange voices, rooms, noise, other languages, people; prints a table
	@scripts/setup.sh $(SYNTHESISERS) python3 python3-venv
	scripts/eval-speech.sh $(EAR)

ear: setup ## train a speech model on your own shop: MODEL=, CATALOGUE=, MINUTES=, PEOPLE=; see training/README.md
	@scripts/setup.sh $(SYNTHESISERS) $(ACCENTS) fortunes-de fortunes-es fortunes-it fortunes-br fortunes-cs python3 python3-venv
	scripts/ear.sh --model $(MODEL) --catalogue $(CATALOGUE) --minutes $(MINUTES) $(if $(PEOPLE),--people $(PEOPLE))

setup:
	@scripts/setup.sh
