"""An MDCT model as a codec needs it (`codec.network.Network`), in numpy: rows `mdct`, `mdct-mu`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spiking_music.config import DeadzoneConfig, MdctConfig, StepSizeConfig, VariantConfig
from spiking_music.config.legacy import current_state
from spiking_music.mdct.inference.analysis import Analysis
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.inference.postfilter import PostFilter
from spiking_music.mdct.inference.quantizer import Deadzone
from spiking_music.mdct.prior import decoder_reach, encoder_reach
from spiking_music.models.checks import require_events, require_frames, require_levels
from spiking_music.models.metadata import opened, unfitting
from spiking_music.models.receptive_field import ContextFrames, ReceptiveField

if TYPE_CHECKING:
    from spiking_music.mdct.context_mixing import ContextMixing
    from spiking_music.mdct.decisions import Ahead
    from spiking_music.mdct.rate_distortion import RateDistortion

BACKBONE = "decoder.backbone."  # of the weights, all that are learned
Floats = NDArray[np.float32]
Events = NDArray[np.uint8]
Levels = NDArray[np.int64]


def runs(config: VariantConfig) -> bool:
    """Whether all parts of a variant are here."""
    return (
        isinstance(config.backbone, MdctConfig)
        and isinstance(config.bottleneck, DeadzoneConfig)
        and config.decoder.kind == "regression"
        and config.context is None
        and isinstance(config.conditioning, StepSizeConfig | None)
    )


class MdctNetwork:
    """Audio (B, L) ↔ events (B, N, T), L = T·hop, as `Autoencoder`; one clip after the other."""

    batch = 4  # windows that share the checks and the copies around the model

    def __init__(self, config: VariantConfig, weights: Mapping[str, Floats]) -> None:
        """A variant that `runs`; `ValueError` where weights are not its own."""
        backbone, bottleneck = config.backbone, config.bottleneck
        assert isinstance(backbone, MdctConfig) and isinstance(bottleneck, DeadzoneConfig)
        self.hop, self._units, self._conditioning = config.signal.hop, bottleneck.rows, None
        if isinstance(config.conditioning, StepSizeConfig):
            self._conditioning = config.conditioning
        self.alignment = bottleneck.envelope_frames
        encoder = ReceptiveField(encoder_reach(backbone))
        decoder = ReceptiveField(decoder_reach(backbone, self.hop))
        self.context = ContextFrames.of(encoder, decoder, self.alignment)
        transform = Lapped(self.hop)
        self._analysis = Analysis(backbone, transform)
        self._quantizer = Deadzone(bottleneck)
        self._postfilter = PostFilter(backbone, transform, weights)

    def encode(self, audio: Floats, level: Levels | None = None) -> Events:
        """Events of audio at a level of each clip, (B,); `CodeError` at another length."""
        return self.codes_at(self.latents(audio), level)

    def latents(self, audio: Floats) -> Floats:
        """What does not depend on the level, (B, T, C)."""
        require_frames(audio[:, None], self.hop)
        return np.stack([self._analysis(clip) for clip in audio])

    def codes_at(self, latents: Floats, level: Levels | None) -> Events:
        """Events of what `latents` returned."""
        finer = self._finer(level, len(latents))
        return np.stack(list(map(self._quantizer.encode, latents, finer)))

    def decode(
        self,
        codes: Events,
        level: Levels | None = None,
        first: Sequence[int] = (0,),
        kept: slice = slice(None),
    ) -> Floats:
        """Audio of the frames `kept`, wherever in their signal the `first` ones stand.

        `CodeError` where events or levels are none of this model's.
        """
        require_events(codes, self._units)
        finer = self._finer(level, len(codes))
        frames = range(*kept.indices(codes.shape[2]))
        latents = map(self._quantizer.decode, codes.astype(np.uint8, copy=False), finer)
        return np.stack([self._postfilter(latent, frames) for latent in latents])

    def in_steps(self, latent: Floats, level: Levels | None, gain: Floats | None = None) -> Floats:
        """Coefficients (T, D) of a clip's latents in steps of a level (1,) of the model.

        gain: levels (T,) of the frame gain, by default the latents' own.
        """
        gain = self._quantizer.gains(latent) if gain is None else gain
        return self._quantizer.in_steps(latent, gain, float(self._finer(level, 1)[0]))

    def refined_by(self, mixing: "ContextMixing", ahead: "Ahead") -> "RateDistortion":
        """What makes codes of this model cheaper under that entropy model."""
        from spiking_music.mdct.rate_distortion import RateDistortion  # here: it imports a compiler

        return RateDistortion(self._quantizer, self._finer, mixing, ahead)

    def _finer(self, level: Levels | None, clips: int) -> Floats:
        """What coefficients are multiplied by before they are quantised, (B,)."""
        levels = 0 if self._conditioning is None else self._conditioning.levels
        require_levels(level, levels, clips)
        if self._conditioning is None or level is None:
            return np.ones(clips, np.float32)
        return np.exp2(level.astype(np.float32) / np.float32(-self._conditioning.doubling))


def load_network(path: Path, config: VariantConfig) -> MdctNetwork:
    """The model of the weights file `path`, whose numbers are widened to 32 bits.

    Raises `CodeError` where the file is missing or damaged or the weights are not of `config`.
    """
    with opened(path, "numpy") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    weights = {
        name.removeprefix(BACKBONE): np.asarray(value, np.float32)
        for name, value in current_state(state).items()
    }
    try:
        return MdctNetwork(config, weights)
    except ValueError:
        raise unfitting(path) from None
