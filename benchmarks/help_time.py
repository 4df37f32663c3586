"""How long `ansatz --help` takes: `python benchmarks/help_time.py`.

The limit is 0.3 s; the peer, in the same run, is an interpreter that does nothing.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS, LIMIT = 15, 0.3


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    ansatz = str(Path(sys.executable).with_name("ansatz"))
    ours, peer = [], []
    for _ in range(REPEATS):
        ours.append(seconds([ansatz, "--help"]))
        peer.append(seconds([sys.executable, "-c", "pass"]))
    median = statistics.median(ours)
    print(
        json.dumps(
            {
                "benchmark": "help_time",
                "ansatz_help_ms": round(1e3 * median, 1),
                "empty_interpreter_ms": round(1e3 * statistics.median(peer), 1),
                "ratio_to_limit_of_300_ms": round(median / LIMIT, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
