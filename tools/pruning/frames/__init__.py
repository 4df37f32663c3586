"""Data in and data out: tables, arrays and folders as rows that a method can go through.

`open_frame` finds out what a path is. A `Frame` yields its rows in order without holding them all,
names the row and the column of whatever cannot be used, and writes chosen rows in its own format.
"""

from __future__ import annotations

from tools.pruning.frames.frame import Frame
from tools.pruning.frames.opening import open_frame

__all__ = ["Frame", "open_frame"]
