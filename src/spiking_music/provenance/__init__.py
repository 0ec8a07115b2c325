"""What made a result: a record beside it, written by every verb of a workflow, read by one."""

from spiking_music.provenance.record import VARIABLE, find, recorded
from spiking_music.provenance.show import listed, told

__all__ = ["VARIABLE", "find", "listed", "recorded", "told"]
