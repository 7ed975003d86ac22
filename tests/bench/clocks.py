"""Calls to what they cost."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def seconds(call: Callable[[], object]) -> float:
    """Return how long the call takes."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return how much work the call is, in seconds of one core, all threads together."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def cpu_seconds_of(pid: int) -> float:
    """Return the seconds that a process has computed."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")
