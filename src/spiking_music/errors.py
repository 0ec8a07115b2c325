"""Errors to act on: each message is one sentence that names the culprit and the remedy."""


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


class DownloadError(SpikingMusicError):
    """A server does not give what is asked of it; what has arrived is kept."""
