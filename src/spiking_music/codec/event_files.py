"""Events on disk: CSV, NPZ and HDF5 files that take them block by block and hold the same.

The tables are those of `codec.event_tables`. A CSV file is the events; `<name>-units.csv` and
`<name>-blocks.csv` lie beside it. In the other files the tables are structured arrays, and
`samples`, `sample_rate` and `software` tell the rest: in HDF5 they are attributes.
"""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec.event_tables import BLOCK, EVENT, SOFTWARE, paths
from spiking_music.errors import OutputError
from spiking_music.extras import needed

ROWS = 4096  # by which a dataset grows, and its chunks
Write = Callable[[NDArray[np.void], NDArray[np.void]], None]  # entries of `BLOCK`, and of `EVENT`


@dataclass(frozen=True)
class About:
    """What is known before the first event. units: (N,), samples: at sample_rate (Hz)."""

    units: NDArray[np.void]
    samples: int
    sample_rate: int


def require_library(path: Path) -> None:
    """`ExtraError` where a file of this ending cannot be written by what is installed."""
    if path.suffix.lower() == ".h5":
        with needed(f"'{path}'", "formats"):
            import_module("h5py")


@contextmanager
def event_file(path: Path, about: About) -> Iterator[Write]:
    """What writes blocks and their events to `path`, in the format of its ending.

    All that belongs to `path` appears whole or not at all. Needs memory for one block; the events
    of an NPZ file, which is written in the end, are kept on disk until then. Raises `OutputError`
    for another ending and for a full disk, `ExtraError` as `require_library` does.
    """
    require_library(path)
    makers = {".csv": _csv_files, ".npz": _npz_file, ".h5": _hdf5_file}
    if path.suffix.lower() not in makers:
        raise OutputError(f"cannot write '{path}': events are .csv, .npz or .h5, name one")
    with makers[path.suffix.lower()](path, about) as write:
        yield write


def event_pipe(pipe: BinaryIO) -> Write:
    """What writes events as CSV to a pipe, which gets no tables of units and blocks."""
    pipe.write(_line(EVENT))

    def write(block: NDArray[np.void], events: NDArray[np.void]) -> None:
        pipe.write(_lines(events))
        pipe.flush()

    return write


@contextmanager
def _csv_files(path: Path, about: About) -> Iterator[Write]:
    with ExitStack() as stack:
        events, units, blocks = (stack.enter_context(files.sink(each)) for each in paths(path))
        units.write(_line(about.units.dtype) + _lines(about.units))
        events.write(_line(EVENT))
        blocks.write(_line(BLOCK))

        def write(block: NDArray[np.void], found: NDArray[np.void]) -> None:
            events.write(_lines(found))
            blocks.write(_lines(block))

        yield write


@contextmanager
def _npz_file(path: Path, about: About) -> Iterator[Write]:
    """The header of an array tells its length, so that events wait until all are known."""
    known: list[NDArray[np.void]] = []
    with files.atomic(path) as temporary, TemporaryFile(dir=temporary.parent) as spool:

        def write(block: NDArray[np.void], found: NDArray[np.void]) -> None:
            known.append(block)
            spool.write(np.ascontiguousarray(found).tobytes())

        yield write
        count = spool.tell() // EVENT.itemsize
        spool.seek(0)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            with _member(archive, "events") as member:
                shape = {"descr": EVENT.descr, "fortran_order": False, "shape": (count,)}
                np.lib.format.write_array_header_1_0(member, shape)
                shutil.copyfileobj(spool, member)
            blocks = np.concatenate(known) if known else np.empty(0, BLOCK)
            rest = {"units": about.units, "blocks": blocks, "software": SOFTWARE}
            rest |= {"samples": about.samples, "sample_rate": about.sample_rate}
            for name, value in rest.items():
                with _member(archive, name) as member:
                    np.lib.format.write_array(member, np.asarray(value), allow_pickle=False)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[Any]:
    """A file in the archive, of no date: equal events give equal bytes."""
    entry = zipfile.ZipInfo(f"{name}.npy")
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as file:
        yield file


@contextmanager
def _hdf5_file(path: Path, about: About) -> Iterator[Write]:
    import h5py  # here, as the codec does without

    with (
        files.atomic(path) as temporary,
        files.Disk(temporary) as disk,
        h5py.File(disk, "w", libver="v110") as file,
    ):
        file.attrs["software"] = SOFTWARE
        file.attrs["samples"], file.attrs["sample_rate"] = about.samples, about.sample_rate
        file.create_dataset("units", data=_with_bytes(about.units))
        tables = {
            name: file.create_dataset(name, (0,), kind, chunks=(ROWS,), maxshape=(None,))
            for name, kind in (("events", EVENT), ("blocks", BLOCK))
        }

        def write(block: NDArray[np.void], found: NDArray[np.void]) -> None:
            for name, rows in (("events", found), ("blocks", block)):
                table = tables[name]
                table.resize((len(table) + len(rows),))
                table[len(table) - len(rows) :] = rows
            disk.check()

        yield write


def _with_bytes(units: NDArray[np.void]) -> NDArray[np.void]:
    """The same table with kinds as ASCII, as HDF5 has no text of fixed length in UTF-32."""
    columns = [(name, "S8" if name == "kind" else units.dtype[name]) for name in _names(units)]
    return units.astype(columns)


def _names(table: NDArray[np.void]) -> tuple[str, ...]:
    return table.dtype.names or ()


def _line(kind: np.dtype) -> bytes:
    return (",".join(kind.names or ()) + "\n").encode()


def _lines(table: NDArray[np.void]) -> bytes:
    """Rows as CSV: numbers so that they are read back exactly, nothing where there is none."""
    columns = (map(_text, table[name].tolist()) for name in _names(table))
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True)).encode()


def _text(value: object) -> str:
    return "" if value != value else str(value)
