"""How spectra are compressed on their way into a network, and what bounds its way out."""

# Compression of the features. Magnitudes: so that quiet partials count beside loud ones. Real and
# imaginary parts, less: the phase of noise is not worth learning, and drowns the phase that is
# (at exponent 0, the network does not find the waveform at all).
MAGNITUDE_EXPONENT, WAVE_EXPONENT = 0.3, 0.8
FLOOR = 1e-4  # magnitude of silence
MAX_LOG_GAIN = 6.0  # on the head's exponent: no overflow while the network is still wild
