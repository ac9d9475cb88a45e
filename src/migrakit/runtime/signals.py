"""SIGTERM on the command line: the run ends at once, and its connection with it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from alembic import context

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["ending_at_sigterm"]

_STATUS = 128 + signal.SIGTERM
_GRACE = 1.0


class _Terminated(KeyboardInterrupt):
    """Drivers know by its base that they have to cancel what the server is doing."""


@contextmanager
def ending_at_sigterm() -> Generator[None]:
    """Exit with 143: cleanly if a second is enough, and hard if a driver doesn't come back.

    A program that calls Alembic has signals of its own. As the first process of a container there is no other way to
    end: the kernel's default does nothing to it.
    """
    if not _is_ours_to_handle():
        yield
        return
    receiving, sending = socket.socketpair()
    sending.settimeout(0)
    before = signal.signal(signal.SIGTERM, _terminate)
    wakeup = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_end_hard_after_grace, args=(receiving,), daemon=True).start()
    try:
        yield
    except _Terminated:
        raise SystemExit(_STATUS) from None
    finally:
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGTERM, before)
        sending.close()


def _is_ours_to_handle() -> bool:
    return (
        context.config.cmd_opts is not None
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )


def _terminate(_number: int, _frame: Any) -> NoReturn:
    raise _Terminated


def _end_hard_after_grace(receiving: socket.socket) -> None:
    # A signal is noted here even while the main thread is inside of a driver's C code, where no handler runs.
    with receiving:
        while said := receiving.recv(1):
            if said[0] == signal.SIGTERM:
                receiving.settimeout(_GRACE)
                break
        else:
            return
        try:
            while receiving.recv(1):
                pass
        except TimeoutError:
            os._exit(_STATUS)
