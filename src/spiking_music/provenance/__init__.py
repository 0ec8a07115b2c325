"""What made a result: a record beside it, written by every verb of a workflow, read by one."""

from spiking_music.provenance.record import VARIABLE, find, recorded
from spiking_music.provenance.show import describe, list_records

__all__ = ["VARIABLE", "describe", "find", "list_records", "recorded"]
