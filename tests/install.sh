#!/usr/bin/env bash
# Installs Debian's programs that tests run: install.sh [others] [fresh]; without a word, others.
# others: the browsers and a sound server, without which Firefox plays nothing where there is no
# sound card; codecs of others; a compiler of WebAssembly's text. fresh, for tests/fresh: what makes
# a bare Debian in a folder (mmdebstrap, a faster debootstrap) and enters it (bubblewrap); apt then
# knows its packages.
# Needs root, or sudo.
set -euo pipefail
declare -A packages=()
lists=known
for what in "${@:-others}"; do
    case $what in
        others) packages+=(
            [chromium]=chromium [firefox-esr]=firefox-esr [pulseaudio]=pulseaudio
            [opusenc]=opus-tools [c2enc]=codec2 [ffmpeg]=ffmpeg [wat2wasm]=wabt
        ) ;;
        fresh)
            packages+=([mmdebstrap]=mmdebstrap [bwrap]=bubblewrap)
            [ -n "$(apt-get indextargets 'Created-By: Packages')" ] || lists=missing
            ;;
        *) echo "error: '$what' is neither fresh nor others" >&2; exit 1 ;;
    esac
done
missing=()
for program in "${!packages[@]}"; do
    command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
[ ${#missing[@]} = 0 ] && [ $lists = known ] && exit
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update --quiet
[ ${#missing[@]} = 0 ] && exit
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
