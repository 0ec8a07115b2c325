"""Names of files are UTF-8, in the C locale too."""

import os
import sys


def require() -> None:
    """Start this process anew in Python's UTF-8 mode where it would take names for ASCII.

    Python does so itself in the C locale, but not where its environment forbids it; then no name
    with an accent could be opened. Names in other encodings are left as they are.
    """
    if sys.getfilesystemencoding().lower().replace("_", "-") in ("ascii", "us-ascii"):
        os.environ["PYTHONUTF8"] = "1"
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
