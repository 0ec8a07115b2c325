"""A data set in FMA's shape: `fma_metadata.zip` with its table, `fma_small.zip` with mp3 files."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import soundfile

METADATA, AUDIO = "fma_metadata.zip", "fma_small.zip"
RATE = 44100  # Hz
CORRUPT = 99134  # known, and without a sample
HEADINGS = [
    ("", ""),
    ("album", "title"),
    ("artist", "name"),
    ("set", "split"),
    ("set", "subset"),
    ("track", "date_created"),
    ("track", "duration"),
    ("track", "genre_top"),
    ("track", "title"),
]
PUBLISHED = ["training"] * 6 + ["validation"] * 2 + ["test"] * 2
GENRES = ("Hip-Hop", "Rock")


def tracks() -> list[tuple[int, str, str]]:
    """Id, genre and FMA's split of each clip, two genres in turn; the corrupt one is among them."""
    rows = [
        (140 + 5 * number, GENRES[number % 2], split)
        for number, split in enumerate(split for split in PUBLISHED for _ in GENRES)
    ]
    return [*rows, (CORRUPT, "Rock", "training")]


def table() -> str:
    """`tracks.csv`: two rows of headings, one that names the index, and rows beyond FMA-small."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([first for first, _ in HEADINGS])
    writer.writerow([second for _, second in HEADINGS])
    writer.writerow(["track_id", *[""] * (len(HEADINGS) - 1)])
    for number, genre, split in tracks():
        artist = "NA" if number == 140 else f"Artist, {number}"
        title = "" if number == 145 else "Two\nlines"
        created = f"{2008 + number % 5}-11-26 01:48:12"
        writer.writerow([number, "Album", artist, split, "small", created, 168, genre, title])
    writer.writerow([2, "Album", "Other", "training", "medium", "2008-11-26 01:47:56", 20, "", "x"])
    return text.getvalue()


def make_fma(folder: Path, seconds: float) -> None:
    """Write both zips into `folder`, with clips of `seconds`: noise of two colours."""
    with zipfile.ZipFile(folder / METADATA, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fma_metadata/README.txt", "about")
        archive.writestr("fma_metadata/raw_tracks.csv", "another table")
        archive.writestr("fma_metadata/tracks.csv", table())
    with zipfile.ZipFile(folder / AUDIO, "w") as archive:
        archive.writestr("fma_small/checksums", "sums")
        for number, genre, _ in tracks():
            data = b"" if number == CORRUPT else mp3(number, genre, seconds)
            archive.writestr(f"fma_small/{number // 1000:03d}/{number:06d}.mp3", data)


def mp3(number: int, genre: str, seconds: float) -> bytes:
    """Stereo noise, dark for one genre and bright for the other."""
    noise = 0.1 * np.random.default_rng(number).standard_normal((round(seconds * RATE), 2))
    if genre == GENRES[0]:
        noise = np.cumsum(noise, axis=0)
        noise *= 0.3 / np.abs(noise).max()
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, format="MP3")
    return file.getvalue()
