#!/usr/bin/env bash
# Installs what makes a bare Debian in a folder (mmdebstrap, a faster debootstrap) and enters it
# (bubblewrap), and has apt know its packages. Needs root, or sudo.
set -euo pipefail
programs=(mmdebstrap bwrap)
if command -v "${programs[@]}" >/dev/null && [ "$(command -v "${programs[@]}" | wc -l)" = 2 ] \
  && [ -n "$(apt-get indextargets 'Created-By: Packages')" ]; then exit; fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update --quiet
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --quiet --yes --no-install-recommends mmdebstrap bubblewrap
