"""The check of texts, which every figure of these tests passes, finds what is wrong."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tests.figures.layout import faults


def page() -> Figure:
    figure = Figure(figsize=(4, 3), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def test_texts_beside_each_other_are_fine() -> None:
    figure = page()
    axes = figure.subplots()
    axes.plot([0, 1e4], [0, 1])
    axes.set(title="a title", xlabel="x", ylabel="y")
    assert faults(figure) == []


def test_texts_beyond_the_canvas_or_on_each_other_are_found() -> None:
    figure = page()
    figure.text(0.9, 0.5, "a long name at the edge")
    figure.text(0.1, 0.5, "one")
    figure.text(0.12, 0.51, "other")
    figure.text(0.5, 0.9, "unseen", visible=False)
    assert faults(figure) == [
        "'a long name at the edge' ends outside of the canvas",
        "'one' lies on 'other'",
    ]


def test_a_label_on_those_of_the_ticks_is_found() -> None:
    figure = page()
    axes = figure.subplots()
    axes.set_xticks([0.5], ["a tick"])
    axes.set_xlabel("label", labelpad=-10)
    assert faults(figure) == ["'a tick' lies on 'label'"]
