"""Libraries that come with an extra of the package: what to say where one is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from spiking_music.errors import ExtraError

Extra = Literal["collector", "formats", "workflow"]
LIBRARIES = frozenset(  # by the names that they are imported by
    (
        *("PIL", "av", "docutils", "dvc", "h5py", "jinja2", "lightning_fabric", "matplotlib"),
        *("mido", "pandas", "pretty_midi", "pyloudnorm", "scipy", "sklearn", "snakemake"),
        *("snakemake_executor_plugin_slurm", "tensorboard", "torch", "torchaudio", "urllib3"),
        *("starlette", "statsmodels", "uvicorn"),
        *("visqol", "zarr", "zimtohrli"),
    )
)


@contextmanager
def needed(what: str, extra: Extra = "workflow") -> Iterator[None]:
    """Import in here what `extra` installs; `ExtraError` where it is not there.

    what: subject of the message, such as "'train variant'".
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in LIBRARIES:
            raise
        raise ExtraError(
            f"{what} needs {library}, which is not installed: "
            f"run `pip install 'spiking-music[{extra}]'`"
        ) from None
