"""A screen that nobody looks at, for browsers that must have one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def display(size: str = "1280x1024x24") -> Iterator[str]:
    """Run an X server of our own and yield its name, as in `DISPLAY`. It picks a free number itself."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        try:
            with os.fdopen(ours) as told:
                number = told.readline().strip()
            assert number, "Xvfb did not start: run `Xvfb :99` to see why"
            yield f":{number}"
        finally:
            server.terminate()
