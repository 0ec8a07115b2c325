#!/usr/bin/env bash
# Installs the browser of the tests: Debian's Chromium. Needs root, or sudo.
set -euo pipefail
command -v chromium >/dev/null && exit
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update --quiet
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends chromium
