#!/bin/sh
# Installs what a Debian machine lacks to build and run Voicecart. Does nothing, quickly, when all of it is there.
# Usage: scripts/setup.sh [extra Debian packages...]
set -eu

# A C and C++ compiler and CMake build whisper.cpp; libclang reads the headers of the two speech libraries;
# libasound is the microphone and loudspeaker; libspeechd speaks on a desktop; espeak-ng is the server's voice.
packages="build-essential cmake pkg-config libclang-dev libasound2-dev libspeechd-dev libespeak-ng-dev espeak-ng-data ca-certificates curl $*"

missing=""
for package in $packages; do
    # A program of that name from elsewhere will do: other distributions of Node bring npm along and refuse Debian's.
    command -v "$package" >/dev/null 2>&1 && continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "installing:$missing"
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
fi

if ! command -v cargo >/dev/null 2>&1 && [ ! -x "$HOME/.cargo/bin/cargo" ]; then
    echo "installing Rust with rustup"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --component clippy,rustfmt
fi
