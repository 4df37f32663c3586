"""The vectors of the shipped cards, so that a first opening has nothing to compute.

`data/cards.npz` holds, for one embedder, the sha256 of each text of a shipped card (titles and
passages) and its vector at half precision. A text that is not among them, such as a card that
was edited, is embedded as ever; another embedder finds nothing here. After cards have changed:

    python -m knowledge.shipped            write the file anew
    python -m knowledge.shipped --check    say how many texts it lacks; status 1 if any
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.card import read_cards
from knowledge.database import Database
from knowledge.documents import Documents
from knowledge.embed import Embedder, default_embedder
from knowledge.vectors import SHIPPED, hash_of, model_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


def shipped_vectors(model: str, path: Path = SHIPPED) -> Mapping[str, NDArray[np.float32]]:
    """Returns the shipped unit vectors by text hash; none where they are another model's.

    A file that is missing or damaged costs time, not answers: the log says so, and the texts
    are embedded.

    Args:
        model: name and checksum of the embedder in use, as `vectors.model_of` writes them.
        path: the file.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["model"]) != model:
                return {}
            hashes, rows = file["hashes"], file["vectors"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("shipped vectors unusable", extra={"file": path.name, "reason": str(error)})
        return {}
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if rows.ndim != 2 or len(rows) != len(hashes) or not np.isfinite(lengths).all():
        log.warning("shipped vectors unusable", extra={"file": path.name, "reason": "its shape"})
        return {}
    rows /= np.maximum(lengths, np.float32(1e-9))
    return {bytes(hash).hex(): row for hash, row in zip(hashes, rows, strict=True)}


def texts_of_cards() -> list[str]:
    """Returns every text of the shipped cards that needs a vector."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "library.sqlite3")
        try:
            documents = Documents(database)
            documents.sync_cards(read_cards())
            return list(dict.fromkeys(documents.texts()))
        finally:
            database.close()


def write(embedder: Embedder, path: Path = SHIPPED) -> int:
    """Embeds the shipped cards, writes the file, and returns how many vectors it holds."""
    import numpy as np

    texts = texts_of_cards()
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            model=np.array(model_of(embedder)),
            hashes=np.array([list(bytes.fromhex(hash_of(t))) for t in texts], dtype=np.uint8),
            vectors=embedder.encode(texts).astype(np.float16),
        )
    return len(texts)


def lacking(embedder: Embedder, path: Path = SHIPPED) -> list[str]:
    """Returns the texts of shipped cards whose vectors the file lacks."""
    held = shipped_vectors(model_of(embedder), path)
    return [text for text in texts_of_cards() if hash_of(text) not in held]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes or checks the file."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.shipped", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    if not parser.parse_args(arguments).check:
        print(f"{write(default_embedder())} vectors written to {SHIPPED.name}")
        return 0
    missing = lacking(default_embedder())
    print(f"{len(missing)} texts lack a vector" if missing else "Every text has its vector.")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
