"""What a log says of a long verb while it runs."""

import io

from rich.console import Console

from spiking_music.progress import Progress, tracked


def said(seconds: list[float], total: int, done: int = 0, terminal: bool = False) -> str:
    """The output of steps that end at these `seconds`."""
    text = io.StringIO()
    now = 0.0
    console = Console(file=text, force_terminal=terminal)
    with Progress("free", total, done, console, clock=lambda: now) as progress:
        for now in seconds:  # noqa: B007
            progress.advance()
    return text.getvalue()


def test_a_log_gets_a_line_a_minute() -> None:
    lines = said([0.5 * i for i in range(1, 301)], 400).splitlines()
    assert lines == [
        "free: step 120 of 400, 0.5 s a step, 0:02:20 left",
        "free: step 240 of 400, 0.5 s a step, 0:01:20 left",
    ]


def test_what_a_resumed_run_did_not_do_is_not_counted_in_its_speed() -> None:
    assert said([61.0], 400, done=300) == "free: step 301 of 400, 61 s a step, 1:40:39 left\n"


def test_short_verbs_are_silent_in_a_log_and_have_a_bar_on_a_terminal() -> None:
    assert said([1.0, 2.0], 2) == ""
    assert "2/2" in said([1.0, 2.0], 2, terminal=True)


def test_items_pass_unchanged() -> None:
    assert list(tracked([[1, 2], [3]], "lists", 3, len)) == [[1, 2], [3]]


def test_lines_of_what_has_another_unit_or_no_known_end() -> None:
    text = io.StringIO()
    console = Console(file=text)
    for total in (600.0, None):
        moments = iter([0.0, 90.0, 90.0, 90.0])
        with Progress("a.wav", total, 0, console, moments.__next__, "second") as progress:
            progress.advance(300.5)
    assert text.getvalue().splitlines() == [
        "a.wav: second 300 of 600, 0.3 s a second, 0:01:30 left",
        "a.wav: second 300, 0.3 s a second",
    ]
