#!/usr/bin/env bash
# Installs the browsers of the tests, Debian's Chromium and Firefox, and a sound server, without
# which Firefox plays nothing where there is no sound card. Needs root, or sudo.
set -euo pipefail
programs=(chromium firefox-esr pulseaudio)
command -v "${programs[@]}" >/dev/null && [ "$(command -v "${programs[@]}" | wc -l)" = 3 ] && exit
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update --quiet
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends "${programs[@]}"
