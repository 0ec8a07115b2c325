"""`python -m spiking_music` is the same as `spiking-music`."""

from spiking_music.cli import main

main()
