"""What a network is trained on: shipped data by name, or image files in the format of MNIST."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools import datasets
from tools.errors import BadInput

_FILES = {
    "train_inputs": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_inputs": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


def load(dataset: str, folder: str, *, seed: int, examples: int) -> tuple[datasets.Split, int]:
    """Returns a split and its number of classes.

    Args:
        dataset: name of a shipped data set, used when no folder is given.
        folder: a folder with the four files of MNIST, Fashion-MNIST and their kin, `.gz` or not;
            their own test part stays the test part.
        seed: decides the split of shipped data, or which training images are taken.
        examples: at most this many training images of a folder.

    Raises:
        BadInput: if a file is missing or broken.
    """
    if not folder:
        data = datasets.load(dataset)
        return datasets.split(data, seed=seed), data.classes
    parts = {part: _read(Path(folder), name) for part, name in _FILES.items()}
    for part in ("train", "test"):
        images, labels = parts[f"{part}_inputs"], parts[f"{part}_labels"]
        if len(images) != len(labels) or len(images) == 0:
            raise BadInput(
                f"{folder}: {len(images)} {part} images have {len(labels)} labels.",
                "Give complete files.",
            )
    chosen = np.random.default_rng(seed).permutation(len(parts["train_inputs"]))[:examples]
    split = datasets.Split(
        _pixels(parts["train_inputs"][chosen]),
        parts["train_labels"][chosen].astype("int64"),
        _pixels(parts["test_inputs"]),
        parts["test_labels"].astype("int64"),
    )
    return split, int(parts["train_labels"].max()) + 1


def _read(folder: Path, name: str) -> NDArray[np.uint8]:
    """Reads an IDX file: two zero bytes, the type (8: bytes), the rank, the sizes, the data."""
    path = folder / f"{name}.gz"
    path = path if path.exists() else folder / name
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    except FileNotFoundError:
        raise BadInput(
            f"{folder} has neither {name}.gz nor {name}.",
            f"Give a folder with: {', '.join(_FILES.values())}.",
        ) from None
    except (OSError, EOFError) as error:
        raise BadInput(f"{path} cannot be read: {error}.", "Get the file again.") from error
    rank = raw[3] if len(raw) >= 4 and raw[:3] == b"\x00\x00\x08" else 0
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank]) if len(raw) >= 4 + 4 * rank else ()
    if not shape or len(raw) != 4 + 4 * rank + int(np.prod(shape)):
        raise BadInput(f"{path} is no whole IDX file of bytes.", "Get the file again.")
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def _pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (images.reshape(len(images), -1) / np.float32(255)).astype("float32")
