"""Recordings in: what a file holds, read to its true end, as mono blocks.

`recording` opens a file; `containers` says by its content what it is, where its samples lie and how
many there must be; `readers` decode them, libsndfile where it is right and FFmpeg elsewhere;
`mixing` down-mixes and resamples.
"""

RECORDINGS = (  # endings of names; what is in a file is seen by its content
    *(".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"),
    *(".flac", ".fla", ".ogg", ".oga", ".opus", ".spx", ".mp1", ".mp2", ".mp3", ".mpga"),
    *(".m4a", ".m4b", ".mp4", ".mov", ".3gp", ".aac", ".adts", ".webm", ".weba", ".mka", ".mkv"),
    *(".wma", ".asf", ".wv", ".tta", ".voc", ".sph", ".nist", ".8svx", ".iff", ".avr"),
    *(".ac3", ".dts", ".ape", ".dsf", ".dff", ".amr", ".mpc", ".tak", ".shn", ".ra", ".rm"),
)
