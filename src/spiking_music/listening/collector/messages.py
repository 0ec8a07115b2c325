"""What a page tells the server (docs/listening.md), and whether that can be of a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from spiking_music.config import PageConfig, Section
from spiking_music.errors import DataError
from spiking_music.listening.design import SCALES, Trial, sound, trials
from spiking_music.listening.manifest import Manifest

LONGEST = 200  # characters of an answer
LONGEST_COMMENT = 1000
LARGEST = 64 * 1024  # bytes of a message
SAFE = 2**53 - 1  # the largest integer that JavaScript is sure of

Answers = dict[str, Annotated[str, Field(max_length=LONGEST)]]
Whole = Annotated[int, Field(ge=0, le=SAFE, strict=True)]
Score = Annotated[int, Field(ge=0, le=100, strict=True)]
Answer = Literal["a", "b", "none", "1", "2", "3", "4", "5"]


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
    method: Literal["mushra", "mos", "dcr"] = "mushra"
    trial: str | None = None  # None: there is one page of the clip, which is called after it
    position: Whole  # among the pages of the listener
    ratings: Annotated[tuple[tuple[str, Score], ...], Field(min_length=1)]
    milliseconds: Whole
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)]


class Chosen(Message):
    """The answer to a page of two sounds."""

    kind: Literal["choice"]
    method: Literal["ab", "abx"]
    clip: str
    trial: str
    position: Whole
    sounds: tuple[str, str]  # A and B
    x: Literal["a", "b"] | None  # which of them came again as X
    answer: Literal["a", "b", "none"]
    milliseconds: Whole
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)]


class Attention(Message):
    """The answer to a page that says what to answer."""

    kind: Literal["attention"]
    number: Whole
    asked: Answer
    given: Answer


class Ended(Message):
    """A listener has rated all pages."""

    kind: Literal["end"]
    answers: Answers  # of the questions after


Any = Begun | ScreenedOut | Rated | Chosen | Attention | Ended
ADAPTER: TypeAdapter[Any] = TypeAdapter(Annotated[Any, Field(discriminator="kind")])


def part(message: Any) -> str:
    """Which part of its session a message is; a session has each once."""
    if isinstance(message, Rated):
        return f"page:{message.trial or message.clip}"
    if isinstance(message, Chosen):
        return f"page:{message.trial}"
    return f"attention:{message.number}" if isinstance(message, Attention) else message.kind


def systems_of(manifest: Manifest) -> dict[str, dict[str, str]]:
    """Clip → sound as pages call it → system."""
    return {
        clip.clip: {sound(stimulus.file): stimulus.system for stimulus in clip.stimuli}
        for clip in manifest.clips
    }


@dataclass(frozen=True)
class Design:
    """What messages of a test can say."""

    test: str
    method: str
    trials: Mapping[str, Trial]  # by name
    attention: int  # pages
    fields: frozenset[str]
    choices: Mapping[str, tuple[str, ...]]  # by question; () is any answer

    @classmethod
    def of(cls, manifest: Manifest, settings: PageConfig) -> "Design":
        """Raises as `trials`."""
        made = {trial.name: trial for trial in trials(manifest, settings)}
        choices = {question.name: question.choices for question in settings.questions}
        fields = frozenset(settings.fields)
        return cls(manifest.test, settings.method, made, settings.attention, fields, choices)

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
        elif isinstance(message, Chosen):
            self._check_choice(message)
        elif isinstance(message, Attention):
            if not 1 <= message.number <= self.attention:
                raise DataError("number: not an attention page of this test")
        else:
            self._check_answers(message)
        return message

    def _check_page(self, message: Rated) -> None:
        trial = self.trials.get(message.trial or message.clip)
        if message.method != self.method or trial is None or trial.clip != message.clip:
            raise DataError("clip: not one of this test")
        sounds = [sound for sound, _ in message.ratings]
        if tuple(sorted(sounds)) != trial.sounds:
            raise DataError("ratings: not every sound of the clip once")
        low, high = SCALES[self.method]
        if not all(low <= score <= high for _, score in message.ratings):
            raise DataError(f"ratings: not all from {low} to {high}")

    def _check_choice(self, message: Chosen) -> None:
        trial = self.trials.get(message.trial)
        if message.method != self.method or trial is None or trial.clip != message.clip:
            raise DataError("trial: not one of this test")
        if tuple(sorted(message.sounds)) != trial.sounds:
            raise DataError("sounds: not those of the trial")
        if (message.x is not None) != (self.method == "abx"):
            raise DataError("x: of ABX, and of nothing else")
        if message.answer == "none" and self.method == "abx":
            raise DataError("answer: a or b")

    def _check_answers(self, message: Begun | ScreenedOut | Ended) -> None:
        if not isinstance(message, Ended) and not message.fields.keys() <= self.fields:
            raise DataError("fields: not all are of this test")
        for name, answer in message.answers.items():
            if name not in self.choices:
                raise DataError("answers: not all are of this test")
            if self.choices[name] and answer not in self.choices[name]:
                raise DataError("answers: not one of the choices")
