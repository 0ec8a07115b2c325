"""Errors to act on: each message is one sentence that names the culprit and the remedy."""

from typing import Never


class SpikingMusicError(Exception):
    """Base of all expected failures; the command line prints it without a traceback and exits 1."""


class ConfigError(SpikingMusicError):
    """A configuration value is missing, unknown or out of range."""


class DataError(SpikingMusicError):
    """A recording, a MIDI file or a table cannot be used."""


class CodeError(SpikingMusicError):
    """A code or a stream is malformed, or does not belong to the model at hand."""


class TrainingError(SpikingMusicError):
    """A training run cannot start, continue or be trusted."""


class OutputError(SpikingMusicError):
    """A file cannot be written, for example because the disk is full."""


class ExtraError(SpikingMusicError):
    """A library is not installed, as it comes with an extra of the package."""


class DownloadError(SpikingMusicError):
    """A server does not give what is asked of it; what has arrived is kept."""


def no_branch(section: Never, where: str) -> ConfigError:
    """What to raise at the end of a chain of branches over the classes of a configuration section.

    mypy refuses the call where a class has no branch.
    """
    kind = getattr(section, "kind", None) or type(section).__name__
    return ConfigError(
        f"the configuration knows the kind '{kind}' ({type(section).__name__}), but {where} has no "
        "branch for it: add one"
    )
