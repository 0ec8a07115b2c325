"""The MDCT codec's model (*ours*) as the codec runs it: numpy and numba, without torch.

The same filter bank, quantiser and post-filter as the modules of this room that are trained, which
tests compare it with. Arrays are time-major, (T, channels), and clips come one after the other, as
the matrices of one window stay in a core's cache and those of four do not.
"""
