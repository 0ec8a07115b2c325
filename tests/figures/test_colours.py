"""Figures are readable in grey and by the colour-blind: contrast, distance of hues, lightness."""

from itertools import combinations

import matplotlib
import numpy as np
import pytest
from colorspacious import cspace_convert
from matplotlib.colors import Colormap, to_rgb
from numpy.typing import NDArray

from spiking_music.figures import rate_sweep, selectivity, style

BLINDNESS = ("deuteranomaly", "protanomaly", "tritanomaly")  # at their full severity
VIEWS = [{"name": "sRGB1"}] + [
    {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100} for kind in BLINDNESS
]
PAPER = ("rvq", "free", "sparse", "mu-sparse", "mel")  # the systems of the paper's figures
TEXT, GRAPHICS = 4.5, 3.0  # contrast that WCAG 2.2 asks for (1.4.3, 1.4.11)


def jab(colour: object, view: dict[str, object]) -> NDArray[np.float64]:
    """Lightness J' and hue of a colour as seen by somebody, CAM02-UCS: 1 is just noticeable."""
    return np.asarray(cspace_convert(np.array(to_rgb(colour)), view, "CAM02-UCS"))


def contrast(colour: str) -> float:
    """With white paper (WCAG 2.2)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


def nearest(names: tuple[str, ...]) -> float:
    """Distance of the two colours that are most alike to anybody."""
    return min(
        float(np.linalg.norm(jab(style.FAMILY[a].colour, view) - jab(style.FAMILY[b].colour, view)))
        for a, b in combinations(names, 2)
        for view in VIEWS
    )


def test_text_and_marks_stand_out_on_paper() -> None:
    assert min(map(contrast, (style.INK, style.MUTED))) >= TEXT
    colours = [*(look.colour for look in style.FAMILY.values()), *style.OWN_COLOURS, *style.PALETTE]
    assert min(map(contrast, colours)) >= GRAPHICS


def test_variants_differ_for_the_colour_blind() -> None:
    assert nearest(PAPER) >= 12
    assert nearest(tuple(style.FAMILY)) >= 8


@pytest.mark.parametrize("colours", ["magma", "cividis", rate_sweep.LEVELS])
def test_scales_rise_in_grey(colours: str | Colormap) -> None:
    scale = matplotlib.colormaps[colours] if isinstance(colours, str) else colours
    for view in VIEWS:
        light = np.array([jab(scale(x), view)[0] for x in np.linspace(0, 1, 16)])
        assert (np.diff(light) > 0).all()


def test_prominence_tells_its_sign_without_colour_where_it_is_strong() -> None:
    """In grey a strong positive φ is darker than any negative one."""
    for view in VIEWS:
        light = [jab(selectivity.DIVERGING(x), view)[0] for x in (0.0, 0.5, 1.0)]
        assert light[2] < light[0] - 15 and light[0] < light[1] - 15
