"""Ties a process to its parent's life, so that a house that is killed leaves nothing behind. Linux only."""

import ctypes
import multiprocessing
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie(number: signal.Signals = signal.SIGTERM) -> None:
    """Have this process sent a signal when its parent ends, however that ends (prctl(2)); elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def tie_web_process() -> None:
    """End this process with the web server that made it: killed, it could tell its own processes nothing."""
    if multiprocessing.parent_process() is not None:
        tie(signal.SIGKILL)
