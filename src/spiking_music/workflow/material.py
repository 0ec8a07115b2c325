"""The data set of a plan: where recordings come from, and the files of clips and onsets."""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from spiking_music.config import Config

LEFT_OUT = (
    "dataset.notes is none: there are no onsets, hence no selectivity and no figure 5, and the page"
    " of clips has no row of notes"
)
Job = Any  # Snakemake's wildcards of a job


@dataclass(frozen=True)
class Material:
    """What is known of the data set from its configuration, and from looking at its folder."""

    config: Config

    @property
    def results(self) -> str:
        """Where everything is written."""
        return f"{self.config.results}/{self.config.dataset.name}"

    def root(self, wildcards: Job) -> str:
        """Where the catalogue's file names start: one's own folder, what is fetched or made."""
        dataset = self.config.dataset
        if dataset.fetched:
            return self.config.download.folder
        return str(dataset.path) if dataset.source == "folder" else f"{self.results}/recordings"

    @property
    def has_notes(self) -> bool:
        """Whether the notes that are played are known."""
        return self.config.dataset.notes == "midi"

    @cached_property
    def local_folder(self) -> bool:
        """Whether the recordings are files of one's own, which may change one by one."""
        path = self.config.dataset.path
        return bool(path) and Path(str(path)).is_dir()

    @cached_property
    def source_tables(self) -> list[str]:
        """Tables of the data set: a changed one makes a new catalogue.

        What does not exist is for the verb to name.
        """
        dataset = self.config.dataset
        if dataset.source == "demo" or dataset.path is None:
            return []
        path = Path(dataset.path)
        return sorted(map(str, path.glob("*.csv"))) + ([str(path)] if path.is_file() else [])

    def catalogue_sources(self, wildcards: Job) -> list[str]:
        """What the catalogue is made of."""
        return self.version_files(wildcards) if self.local_folder else self.source_tables

    def version_files(self, wildcards: Job) -> list[str]:
        """What says that the recordings of a job's split, or of any, are another version."""
        if not self.local_folder:
            return []
        own = [wildcards.split] if hasattr(wildcards, "split") else self.splits
        return [f"{self.results}/recordings/version-{split}.txt" for split in own]

    def version(self, wildcards: Job) -> str:
        """The version of the recordings of a split."""
        from spiking_music.data.versions import versions  # a second, which other rules save

        known = versions(self.config.dataset, self.config.seed)
        return known.get(wildcards.split, "unknown")

    @property
    def archive(self) -> list[str]:
        """The directory of a server's archive, where recordings are fetched."""
        return [f"{self.results}/recordings/archive.json"] if self.config.dataset.fetched else []

    @property
    def splits(self) -> list[str]:
        """Those that there are clips of."""
        return list(self.config.dataset.subset.splits)

    @property
    def probe_splits(self) -> list[str]:
        """The one that fits the probes, and those that test them."""
        return ["train", *self.config.probe.test]

    def clips(self, *splits: str) -> list[str]:
        """Clips of every shard of the splits, in order."""
        return self._shards(splits, "h5")

    def clip_tables(self, *splits: str) -> list[str]:
        """Tables of the same."""
        return self._shards(splits, "csv")

    def onsets(self, *splits: str) -> list[str]:
        """The onsets of the splits; none where no notes are known."""
        return [f"{self.results}/onsets/{split}.zarr.zip" for split in splits if self.has_notes]

    def clip_megabytes(self, wildcards: Job) -> int | None:
        """Of one file of clips, the splits taken to be of one size; None: their length is unknown.

        Samples have two bytes.
        """
        hours = self._hours
        if hours is None:
            return None
        samples = 3600 * hours * self.config.signal.sample_rate
        files = len(self.splits) * self.config.dataset.shards
        return math.ceil(2 * samples / files / 1e6)

    @cached_property
    def _hours(self) -> float | None:
        """Of all recordings."""
        dataset, table = self.config.dataset, Path(self.results, "performances.csv")
        if table.is_file():
            with table.open(encoding="utf-8", newline="") as rows:
                told = [row.get("duration") or "0" for row in csv.DictReader(rows)]
            return sum(map(float, told)) / 3600
        return dataset.demo.minutes / 60 if dataset.source == "demo" else dataset.subset.max_hours

    def _shards(self, splits: Iterable[str], ending: str) -> list[str]:
        shards = range(self.config.dataset.shards)
        folder = f"{self.results}/clips"
        return [f"{folder}/{split}-{shard}.{ending}" for split in splits for shard in shards]
