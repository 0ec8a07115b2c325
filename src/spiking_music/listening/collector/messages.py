"""What a page tells the server (docs/listening.md), and whether that can be of a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from spiking_music.config import PageConfig, Section
from spiking_music.errors import DataError
from spiking_music.listening.manifest import Manifest

LONGEST = 200  # characters of an answer
LONGEST_COMMENT = 1000
LARGEST = 64 * 1024  # bytes of a message
SAFE = 2**53 - 1  # the largest integer that JavaScript is sure of

Answers = dict[str, Annotated[str, Field(max_length=LONGEST)]]
Whole = Annotated[int, Field(ge=0, le=SAFE, strict=True)]
Score = Annotated[int, Field(ge=0, le=100, strict=True)]


class Message(Section):
    """What all messages have; `session` is drawn by the page, and known to nobody else."""

    version: Literal[1]
    test: str
    session: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    seed: Whole


class Begun(Message):
    """A listener begins."""

    kind: Literal["begin"]
    fields: Answers
    answers: Answers  # of the questions before


class ScreenedOut(Message):
    """Somebody may not take part."""

    kind: Literal["screened-out"]
    fields: Answers
    answers: Answers


class Rated(Message):
    """The ratings of a page: sounds and scores, in the order of presentation."""

    kind: Literal["page"]
    clip: str
    position: Whole  # among the pages of the listener
    ratings: Annotated[tuple[tuple[str, Score], ...], Field(min_length=1)]
    milliseconds: Whole
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)]


class Ended(Message):
    """A listener has rated all pages."""

    kind: Literal["end"]
    answers: Answers  # of the questions after


Any = Begun | ScreenedOut | Rated | Ended
ADAPTER: TypeAdapter[Any] = TypeAdapter(Annotated[Any, Field(discriminator="kind")])


def part(message: Any) -> str:
    """Which part of its session a message is; a session has each once."""
    return f"page:{message.clip}" if isinstance(message, Rated) else message.kind


def systems_of(manifest: Manifest) -> dict[str, dict[str, str]]:
    """Clip → sound as pages call it → system."""
    return {
        clip.clip: {
            stimulus.file.removesuffix(".wav"): stimulus.system for stimulus in clip.stimuli
        }
        for clip in manifest.clips
    }


@dataclass(frozen=True)
class Design:
    """What messages of a test can say."""

    test: str
    sounds: Mapping[str, frozenset[str]]  # by clip
    fields: frozenset[str]
    choices: Mapping[str, tuple[str, ...]]  # by question; () is any answer

    @classmethod
    def of(cls, manifest: Manifest, settings: PageConfig) -> "Design":
        sounds = {clip: frozenset(named) for clip, named in systems_of(manifest).items()}
        choices = {question.name: question.choices for question in settings.questions}
        return cls(manifest.test, sounds, frozenset(settings.fields), choices)

    def read(self, content: bytes) -> Any:
        """The message that `content` is. Raises `DataError` where it is none of this test."""
        try:
            message = ADAPTER.validate_json(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the message"
            raise DataError(f"{where}: {first['msg']}") from None
        if message.test != self.test:
            raise DataError(f"this server collects for test '{self.test}'")
        if isinstance(message, Rated):
            self._check_page(message)
        else:
            self._check_answers(message)
        return message

    def _check_page(self, message: Rated) -> None:
        if message.clip not in self.sounds:
            raise DataError("clip: not one of this test")
        sounds = [sound for sound, _ in message.ratings]
        if len(set(sounds)) < len(sounds) or set(sounds) != self.sounds[message.clip]:
            raise DataError("ratings: not every sound of the clip once")

    def _check_answers(self, message: Begun | ScreenedOut | Ended) -> None:
        if not isinstance(message, Ended) and not message.fields.keys() <= self.fields:
            raise DataError("fields: not all are of this test")
        for name, answer in message.answers.items():
            if name not in self.choices:
                raise DataError("answers: not all are of this test")
            if self.choices[name] and answer not in self.choices[name]:
                raise DataError("answers: not one of the choices")
