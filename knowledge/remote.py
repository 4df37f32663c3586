"""Other embedders: an OpenAI-compatible endpoint, or a folder of sentence-transformers.

Which one is used is said by the environment:

    ANSATZ_EMBEDDER=https://host/v1          an endpoint; the key in ANSATZ_EMBEDDER_KEY
    ANSATZ_EMBEDDER_MODEL=name               the endpoint's model
    ANSATZ_EMBEDDER=/path/to/folder          a model folder, read by sentence-transformers

Unset, the embedder that ships is used. Vectors of different models never meet: name and
checksum are stored with each.
"""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.embed import Embedder, default_embedder
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLACE, MODEL, KEY = "ANSATZ_EMBEDDER", "ANSATZ_EMBEDDER_MODEL", "ANSATZ_EMBEDDER_KEY"
TIMEOUT_S = 60
BATCH = 64
LARGEST_ANSWER = 50_000_000
_PROBE = "The sum of two even numbers is even."


def chosen_embedder(environment: Mapping[str, str]) -> Embedder:
    """Returns the embedder that the environment asks for, by default the one that ships.

    Raises:
        KnowledgeError: the endpoint or folder it names cannot be used.
    """
    place = environment.get(PLACE, "").strip()
    if not place:
        return default_embedder()
    if place.startswith(("http://", "https://")):
        model = environment.get(MODEL, "").strip()
        if not model:
            raise KnowledgeError(f"{MODEL}: missing; name the model of the endpoint")
        return Endpoint(place, model, environment.get(KEY, ""))
    return Folder(Path(place))


class Endpoint:
    """A server that answers `POST /embeddings` as OpenAI's does.

    A server does not show its weights, so the checksum is that of its vector of a fixed
    sentence, rounded: another model under the same name is noticed.

    Attributes:
        name: the model's.
        sha256: of the rounded probe vector and the address.
        dimension: the length of a vector.
    """

    def __init__(self, address: str, model: str, key: str = "") -> None:
        """Asks for one vector.

        Raises:
            KnowledgeError: no answer, or not one of embeddings.
        """
        self._url = address.rstrip("/") + "/embeddings"
        self._key = key
        self.name = model
        self.dimension = 0
        probe = self._ask([_PROBE])[0]
        self.dimension = len(probe)
        rounded = json.dumps([round(float(value), 2) + 0.0 for value in probe])
        self.sha256 = hashlib.sha256(rounded.encode()).hexdigest()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeds texts in batches.

        Returns:
            Unit rows, shape (n, dimension).

        Raises:
            KnowledgeError: no answer, or not one of embeddings.
        """
        import numpy as np

        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for first in range(0, len(texts), BATCH):
            batch = list(texts[first : first + BATCH])
            rows[first : first + len(batch)] = self._ask(batch)
        return rows

    def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        # Servers refuse empty strings.
        body = {"model": self.name, "input": [text or " " for text in texts]}
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(
            self._url, json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                content = answer.read(LARGEST_ANSWER + 1)
        except urllib.error.HTTPError as error:
            raise KnowledgeError(
                f"embedding endpoint: answered {error.code} {error.reason}; check the address, "
                f"{MODEL} and {KEY}"
            ) from error
        except (OSError, ValueError) as error:
            raise KnowledgeError(
                f"embedding endpoint: no answer ({error}); check {PLACE}, or unset it to use the "
                "embedder that ships"
            ) from error
        return self._vectors(content, len(texts))

    def _vectors(self, content: bytes, count: int) -> NDArray[np.float32]:
        import numpy as np

        try:
            data = json.loads(content)["data"]
            data = sorted(data, key=lambda item: item["index"])
            vectors = np.array([item["embedding"] for item in data], dtype=np.float32)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        except (ValueError, KeyError, TypeError) as error:
            raise KnowledgeError(
                "embedding endpoint: the answer holds no embeddings; is it OpenAI-compatible?"
            ) from error
        fits = vectors.shape[0] == count and self.dimension in (0, vectors.shape[1])
        if not fits or not np.isfinite(lengths).all() or not lengths.all():
            raise KnowledgeError(
                f"embedding endpoint: {vectors.shape} numbers for {count} texts of dimension "
                f"{self.dimension}, or unusable ones; has its model changed?"
            )
        unit: NDArray[np.float32] = vectors / lengths
        return unit


class Folder:
    """A model folder read by sentence-transformers, from disk only.

    Attributes:
        name: of the folder.
        sha256: of all its files.
        dimension: the length of a vector.
    """

    def __init__(self, folder: Path) -> None:
        """Loads the model.

        Raises:
            KnowledgeError: no such folder, no sentence-transformers, or no model in it.
        """
        if not folder.is_dir():
            raise KnowledgeError(f"{PLACE}: {folder} is neither an address nor a folder")
        try:
            transformer = import_module("sentence_transformers").SentenceTransformer
        except ImportError as error:
            raise KnowledgeError(
                "a model folder needs the package sentence-transformers; run: "
                "pip install sentence-transformers"
            ) from error
        try:
            self._model: Any = transformer(
                str(folder), device="cpu", local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, KeyError) as error:
            raise KnowledgeError(f"{PLACE}: {folder} holds no usable model ({error})") from error
        self.name = folder.name
        self.sha256 = _sum(folder)
        self.dimension = int(self.encode([_PROBE]).shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeds texts; returns unit rows, shape (n, dimension)."""
        import numpy as np

        rows = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)


def _sum(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
