"""The encoder of an MDCT model in its parts, for experiments with it."""

from spiking_music.codec.entropy import load_tables
from spiking_music.codec.model_folder import CodecModel
from spiking_music.errors import CodeError
from spiking_music.mdct.context_mixing import ContextMixingTables
from spiking_music.mdct.decisions import Ahead
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.rate_distortion import RateDistortion
from spiking_music.models.shipped import TABLES


def network_of(model: CodecModel) -> MdctNetwork:
    """Filter bank, quantiser and post-filter; `CodeError` where the model has none."""
    if not isinstance(model.network, MdctNetwork):
        raise CodeError(f"'{model.path}' is no MDCT model: name another")
    return model.network


def refinement_of(model: CodecModel, ahead: Ahead) -> RateDistortion:
    """What decides under the model's entropy model; `CodeError` where it has no such model."""
    tables = load_tables(model.path / TABLES).context_mixing
    if not isinstance(tables, ContextMixingTables):
        raise CodeError(f"'{model.path}' is no MDCT model: name another")
    return network_of(model).refined_by(tables.model(), ahead)
