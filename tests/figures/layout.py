"""What is wrong with the texts of a figure as it is drawn: cut by the canvas, or on each other."""

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from pytest import MonkeyPatch

SLACK = 1.0  # pixels: extents are whole ones
LETTERS = 0.7  # of the height of a line, which has room for the longest letters


def faults(figure: Figure) -> list[str]:
    """A sentence for each text beyond the canvas, and each pair that overlaps.

    Oblique texts are not compared with others, as their extents are upright.
    """
    boxes = [(text, text.get_window_extent()) for text in drawn(figure)]
    edge = figure.bbox.padded(SLACK)
    found = [
        f"{_named(text)} ends outside of the canvas"
        for text, box in boxes
        if not edge.contains(*box.min) or not edge.contains(*box.max)
    ]
    upright = [(text, _letters(text, box)) for text, box in boxes if text.get_rotation() % 90 == 0]
    for (one, first), (other, second) in combinations(upright, 2):
        shared = Bbox.intersection(first, second)
        if shared is not None and min(shared.width, shared.height) > SLACK:
            found.append(f"{_named(one)} lies on {_named(other)}")
    return found


def drawn(figure: Figure) -> list[Text]:
    """The texts that are drawn: not the labels of ticks outside of the axes."""
    found: list[Text] = []
    original = Text.draw

    def noted(self: Text, *arguments: object, **more: object) -> None:
        if self.get_visible() and self.get_text().strip():
            found.append(self)
        original(self, *arguments, **more)

    with MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        figure.draw_without_rendering()
    return found


def _letters(text: Text, box: Bbox) -> Bbox:
    """Without the free room above and below the letters of a line."""
    lines = text.get_text().count("\n") + 1
    across = text.get_rotation() % 180 == 90
    size = box.width if across else box.height
    free = (1 - LETTERS) / 2 * size / lines
    x, y = (free, 0.0) if across else (0.0, free)
    return Bbox.from_extents(box.x0 + x, box.y0 + y, box.x1 - x, box.y1 - y)


def _named(text: Text) -> str:
    return ascii(text.get_text())
