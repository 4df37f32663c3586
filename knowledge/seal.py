"""The seal on a closed folder: checksums that show whether anything changed since.

Chroma does not check its own files: a truncated one gives wrong neighbors in silence or ends
the process. A folder closed in order is sealed; a broken seal is noticed before Chroma reads.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


class Seal:
    """A file of checksums beside a folder."""

    def __init__(self, folder: Path) -> None:
        """Names the folder; the seal lies beside it."""
        self._folder = folder
        self._path = folder.with_name(folder.name + ".seal")

    def write(self) -> None:
        """Seals the folder as it is now."""
        # In one step, so that a process that dies here leaves either no seal or a whole one.
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(self._sums()), encoding="utf-8")
        draft.replace(self._path)

    def remove(self) -> None:
        """Breaks the seal on purpose, before the folder is used."""
        self._path.unlink(missing_ok=True)

    def damage(self) -> str:
        """Returns what differs from the sealed state, "" if nothing does or there is no seal."""
        try:
            sealed = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ""
        except ValueError:
            return f"{self._path.name} is not readable"
        found = self._sums()
        changed = sorted(name for name in sealed | found if sealed.get(name) != found.get(name))
        return f"{Path(changed[0]).name} changed while nobody had it open" if changed else ""

    def _sums(self) -> dict[str, str]:
        sums: dict[str, str] = {}
        for path in sorted(self._folder.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                sums[path.relative_to(self._folder).as_posix()] = digest
        return sums
