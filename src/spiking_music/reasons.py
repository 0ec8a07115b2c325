"""What the system says when a file cannot be used, and the remedy that fits it."""

import errno
import os
from pathlib import Path

REMEDIES = {
    errno.ENOSPC: "free some space or name another folder",
    errno.EDQUOT: "free some of your quota or name another folder",
    errno.EFBIG: "free some space or raise the limit on the size of files (ulimit -f)",
    errno.EACCES: "change the permissions or name another folder",
    errno.EPERM: "change the permissions or attributes (lsattr), or name another folder",
    errno.EROFS: "name a folder on a file system that can be written to",
    errno.ENAMETOOLONG: "name a shorter one",
    errno.EISDIR: "name a file in it",
    errno.ENOTEMPTY: "name an empty or a new folder",
    errno.EEXIST: "name another one",
    errno.ENOTDIR: "a part of its path is a file: correct the path",
    errno.ENOENT: "correct its path",
    errno.ELOOP: "its links lead in a circle: correct them",
    errno.EBUSY: "another program or a mount holds it: try again or name another one",
    errno.ETXTBSY: "it is a program that runs: name another file",
    errno.EINVAL: "name another file",
    errno.EBADF: "it is closed or not open for this: redirect it elsewhere",
    errno.EPIPE: "its reader has ended",
    errno.ENXIO: "nothing is behind it: name another file",
    errno.EIO: "the device failed: check it",
    errno.ESTALE: "the network file system lost it: try again",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine: try again later",
    errno.ENOMEM: "free some memory",
    errno.EAGAIN: "the other end is not ready: try again",
}


def reason(error: OSError) -> str:
    """The system's own words, such as "No space left on device"."""
    return os.strerror(error.errno) if error.errno else str(error)


def sentence(doing: str, path: Path | str | None, error: OSError) -> str:
    """One sentence for people: what could not be done with `path`, why, and what helps."""
    named = f"'{path}'" if path is not None else "a file"
    remedy = REMEDIES.get(error.errno or 0, "check its path and permissions")
    return f"cannot {doing} {named} ({reason(error)}): {remedy}"
