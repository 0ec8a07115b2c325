"""Locks between processes, on file systems that have them."""

import errno
import fcntl
from typing import IO, Any

LACKING = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}  # of network file systems


def exclusive(file: IO[Any] | int, wait: bool = True) -> bool:
    """Lock `file` for this process until it is closed; False where another has it, unless `wait`.

    On a file system without locks nobody is kept out: what is shared must be verified anyway.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if wait:
            raise
        return False
    except OSError as error:
        if error.errno not in LACKING:
            raise
    return True
