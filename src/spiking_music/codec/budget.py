"""How many bytes the next block may take, so that a whole stream stays within a rate."""

SHARE = 0.25  # of a block, which goes into what is owed, at most


class Budget:
    """Of `kbps` for all there is: header and trailer, of so many bytes, are owed from the start.

    A block may be followed by others and pays a share of what is owed, the last ones all of it.
    What a block leaves is for those that follow within `window` seconds: nothing, where blocks are
    as long.
    """

    def __init__(self, kbps: float, overhead: int, window: float) -> None:
        self._rate, self._window = kbps * 125, window  # bytes a second
        self._balance = -float(overhead)  # bytes

    def allowance(self, seconds: float, last: bool) -> float:
        """Bytes that a block may take; it may be less than any block needs."""
        own = self._rate * seconds
        if self._balance > 0:
            return own + self._balance * min(1.0, seconds / self._window)
        return own + (self._balance if last else max(self._balance, -SHARE * own))

    def spend(self, size: int, seconds: float) -> None:
        """A block has been coded in `size` bytes."""
        most = max(0.0, self._rate * (self._window - seconds))
        self._balance = min(most, self._balance + self._rate * seconds - size)
