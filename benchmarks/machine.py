"""The machine: its cores, and the line that says what was measured on what."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path


def cores() -> tuple[int, int]:
    """One core for the upstream and one for the client; the same one twice where there is but one."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    return usable[0], usable[-1]


def pin(core: int) -> None:
    """Keep this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def cpu_s(pid: int) -> float:
    """The CPU time that a process has had, all its threads, in seconds; 0 for no process. Linux only."""
    return time.clock_gettime((~pid << 3) | 2) if pid else 0.0  # as clock_getcpuclockid(3) makes it of a process


def memory_mb(pid: int) -> float:
    """The memory that a process holds, in megabytes. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def described() -> str:
    """Processor, cores, system and Python."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {usable} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
