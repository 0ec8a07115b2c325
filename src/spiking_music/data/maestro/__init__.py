"""MAESTRO from its server: the table, and single members out of the 101 GiB zip by HTTP ranges."""
