#!/usr/bin/env bash
# Installs Debian's programs that tests run: the browsers and a sound server, without which Firefox
# plays nothing where there is no sound card; codecs of others; a compiler of WebAssembly's text.
# Needs root, or sudo.
set -euo pipefail
declare -A packages=(
    [chromium]=chromium [firefox-esr]=firefox-esr [pulseaudio]=pulseaudio
    [opusenc]=opus-tools [c2enc]=codec2 [ffmpeg]=ffmpeg [wat2wasm]=wabt
)
missing=()
for program in "${!packages[@]}"; do
    command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
[ ${#missing[@]} = 0 ] && exit
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update --quiet
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
