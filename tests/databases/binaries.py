"""Programs that come from the system."""

import os
import shutil

from tests.databases.server import UnavailableError

# Debian's servers are in directories that are on root's PATH alone.
ELSEWHERE = ("/usr/sbin", "/usr/local/sbin")


def binary(name: str, *, package: str) -> str:
    """Its path; Debian's ``package`` is what has it."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *ELSEWHERE]))
    if found is None:
        raise UnavailableError(f"{name} is not on this machine: install it (Debian: {package})")
    return found
