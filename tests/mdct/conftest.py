"""Tables and music that tests of other rooms have as well."""

from tests.codec.entropy.conftest import codes, mdct_tables
from tests.models.conftest import tones

__all__ = ["codes", "mdct_tables", "tones"]
