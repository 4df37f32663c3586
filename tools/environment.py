"""What a run ran on: versions, git revision, hardware. Captured once per process."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

_PACKAGES = ("ansatz-lab", "numpy", "scikit-learn", "scipy", "sympy", "torch")


@functools.cache
def environment() -> dict[str, Any]:
    """Returns versions, git revision of the code (with `dirty`), and hardware as JSON values."""
    return {
        "python": platform.python_version(),
        "versions": versions(_PACKAGES),
        "git": _git_revision(Path(__file__).resolve().parents[1]),
        "hardware": hardware(),
    }


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Returns the installed versions of those distributions that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """Returns operating system, processor, usable cores, memory in bytes, and GPU names."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores,
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": _gpus(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _gpus() -> list[str]:
    """Names the GPUs; asks torch only if it is loaded, else the driver's own listing."""
    if "torch" in sys.modules:
        import torch

        return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    listing = Path("/proc/driver/nvidia/gpus")
    if not listing.is_dir():
        return []
    return [
        line.partition(":")[2].strip()
        for gpu in sorted(listing.iterdir())
        for line in (gpu / "information").read_text(errors="replace").splitlines()
        if line.startswith("Model")
    ]


def _git_revision(folder: Path) -> dict[str, Any] | None:
    """Returns the revision of a checkout and whether it has local changes, or None."""
    if not (folder / ".git").exists():
        return None
    try:
        revision = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        # No git on this machine, or a repository without a commit: the versions must do.
        return None
    return {"revision": revision, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=5,
        check=True,
    )
    return done.stdout.strip()
