"""Recordings in: what a file holds, read to its true end, as mono blocks.

`recording` opens a file; `containers` says by its content what it is, where its samples lie and how
many there must be; `readers` decode them, libsndfile where it is right and FFmpeg elsewhere;
`mixing` down-mixes and resamples.
"""
