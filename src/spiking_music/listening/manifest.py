"""What a listening test is made of: clips, and for each what every system made of it."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import soundfile
from pydantic import Field, ValidationError, model_validator

from spiking_music.config import Positive, Section
from spiking_music.config.messages import sentence
from spiking_music.errors import DataError
from spiking_music.listening.scores import REFERENCE


class Stimulus(Section):
    """A sound file beside the manifest; its name tells nothing about its system."""

    system: Annotated[str, Field(min_length=1)]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.wav$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    samples: Positive


class Clip(Section):
    """What the systems, the hidden reference among them, made of one excerpt."""

    clip: Annotated[str, Field(min_length=1)]
    title: str
    stimuli: Annotated[tuple[Stimulus, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _comparable(self) -> "Clip":
        systems = [stimulus.system for stimulus in self.stimuli]
        if systems.count(REFERENCE) != 1 or len(set(systems)) < len(systems):
            raise ValueError(f"clip '{self.clip}' needs one reference, and each system once")
        if len({stimulus.samples for stimulus in self.stimuli}) > 1:
            raise ValueError(f"the stimuli of clip '{self.clip}' differ in length")
        return self


class Manifest(Section):
    """The stimuli of a listening test, as the rule `stimuli` writes them."""

    version: Literal[1]
    test: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    sample_rate: Positive
    channels: Literal[1, 2] = 1  # of all sounds
    seed: int
    clips: Annotated[tuple[Clip, ...], Field(min_length=1)]
    training: tuple[str, ...]

    @model_validator(mode="after")
    def _names(self) -> "Manifest":
        names = [clip.clip for clip in self.clips]
        if len(set(names)) < len(names):
            raise ValueError("two clips have the same name")
        files = [stimulus.file for clip in self.clips for stimulus in clip.stimuli]
        if len(set(files)) < len(files):
            raise ValueError("two stimuli share a file")
        if unknown := set(self.training) - set(names):
            raise ValueError(f"no clip is called '{min(unknown)}', which training names")
        return self


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest. Raises `DataError` where it is not one."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        reason = sentence(Manifest, error, "").removeprefix("configuration ")
        raise DataError(f"'{path}' is no manifest of stimuli ({reason})") from None


def read_stimulus(folder: Path, stimulus: Stimulus, manifest: Manifest) -> bytes:
    """The bytes of a stimulus's file. Raises `DataError` where it is not what the manifest says."""
    path = folder / stimulus.file
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != stimulus.sha256:
        raise DataError(f"stimulus '{path}' has changed since its manifest: make both again")
    try:
        info = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise DataError(f"stimulus '{path}' cannot be read ({error})") from None
    if (info.samplerate, info.frames) != (manifest.sample_rate, stimulus.samples):
        raise DataError(
            f"stimulus '{path}' has {info.frames} samples at {info.samplerate} Hz, its manifest "
            f"says {stimulus.samples} at {manifest.sample_rate}"
        )
    if info.channels != manifest.channels:
        raise DataError(
            f"stimulus '{path}' has {info.channels} channels, its manifest says "
            f"{manifest.channels}: make all sounds of a test mono, or all stereo"
        )
    return content
