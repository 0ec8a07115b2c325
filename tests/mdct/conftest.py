"""Tables that tests of other rooms have as well."""

from tests.codec.entropy.conftest import codes, mdct_tables

__all__ = ["codes", "mdct_tables"]
