"""spiking-music: event-based compression of piano music."""

__version__ = "0.1.0"
