"""Named data sets that need no network, and the split every method uses.

The data sets ship with scikit-learn. All three come from the UCI Machine Learning Repository,
which gives them out under CC BY 4.0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEST_FRACTION = 0.25


@dataclass(frozen=True)
class Description:
    """What is known of a data set without loading it.

    Attributes:
        examples: number of examples, n.
        features: number of input features, d.
        classes: number of classes; labels are 0 .. classes - 1.
        scale: divisor that brings features of one shared unit (pixels) into [0, 1]; None when the
            features have different units, which `split` then standardises.
        source: who made it and where it is published.
        licence: under what terms.
    """

    examples: int
    features: int
    classes: int
    scale: float | None
    source: str
    licence: str


DESCRIPTIONS: Mapping[str, Description] = MappingProxyType(
    {
        "digits": Description(
            examples=1797,
            features=64,
            classes=10,
            scale=16.0,
            source="Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, the"
            " writer-independent test part, UCI, doi:10.24432/C50P49",
            licence="CC BY 4.0",
        ),
        "breast_cancer": Description(
            examples=569,
            features=30,
            classes=2,
            scale=None,
            source="Wolberg, Mangasarian, Street and Street (1993), Breast Cancer Wisconsin"
            " (Diagnostic), UCI, doi:10.24432/C5DW2B",
            licence="CC BY 4.0",
        ),
        "wine": Description(
            examples=178,
            features=13,
            classes=3,
            scale=None,
            source="Aeberhard and Forina (1992), Wine, UCI, doi:10.24432/C5PC7J",
            licence="CC BY 4.0",
        ),
    }
)


@dataclass(frozen=True)
class Dataset:
    """A labelled data set in memory.

    Attributes:
        name: its name, a key of `DESCRIPTIONS`.
        inputs: float32, shape (n, d). Pixels lie in [0, 1]; tables are in their own units.
        labels: int64, shape (n,), 0 .. classes - 1.
        classes: number of classes.
        description: source, licence and sizes.
    """

    name: str
    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: int
    description: Description


@dataclass(frozen=True)
class Split:
    """A train and a test part, scaled and ready to train on.

    Attributes:
        train_inputs, test_inputs: float32, shapes (n_train, d) and (n_test, d).
        train_labels, test_labels: int64, shapes (n_train,) and (n_test,).
    """

    train_inputs: NDArray[np.float32]
    train_labels: NDArray[np.int64]
    test_inputs: NDArray[np.float32]
    test_labels: NDArray[np.int64]


def load(name: str) -> Dataset:
    """Loads a data set by name.

    Raises:
        BadInput: if the name is unknown; lists those that exist.
    """
    if name not in DESCRIPTIONS:
        raise BadInput(
            f"There is no data set '{name}'.", f"Choose one of: {', '.join(DESCRIPTIONS)}."
        )
    import sklearn.datasets

    description = DESCRIPTIONS[name]
    bunch = getattr(sklearn.datasets, f"load_{name}")()
    # Many pixels are nearly constant: a fixed scale keeps the geometry of an image, where
    # standardising each pixel would blow up the few grey values at its border.
    return Dataset(
        name,
        (bunch.data / (description.scale or 1.0)).astype("float32"),
        bunch.target.astype("int64"),
        description.classes,
        description,
    )


def train_size(name: str, test: float = TEST_FRACTION) -> int:
    """Returns how many training examples `split` leaves, without loading anything."""
    examples = DESCRIPTIONS[name].examples
    return examples - _test_size(examples, test)


def split(data: Dataset, *, seed: int, test: float = TEST_FRACTION) -> Split:
    """Splits at random, each class in the same proportion on both sides.

    Features of different units are standardised with mean and deviation of the training part
    only, so that nothing about the test part leaks into training.

    Args:
        seed: 0 .. 2**32 - 1; equal seeds give equal splits.
        test: fraction held out, 0 < test < 1; rounded up to whole examples.

    Raises:
        BadInput: if either part would be smaller than the number of classes.
    """
    from sklearn.model_selection import train_test_split

    examples = len(data.labels)
    held_out = _test_size(examples, test) if 0 < test < 1 else 0
    if not data.classes <= held_out <= examples - data.classes:
        raise BadInput(
            f"test = {test} leaves a part of {data.name} with fewer examples than classes.",
            f"Choose 0 < test < 1 so that both parts hold at least {data.classes} of {examples}.",
        )
    train_x, test_x, train_y, test_y = train_test_split(
        data.inputs, data.labels, test_size=held_out, stratify=data.labels, random_state=seed
    )
    if data.description.scale is None:
        center, spread = train_x.mean(axis=0), train_x.std(axis=0)
        spread[spread == 0] = 1.0
        train_x, test_x = (train_x - center) / spread, (test_x - center) / spread
    return Split(train_x, train_y, test_x, test_y)


def mislabel(
    labels: NDArray[np.int64], fraction: float, classes: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Returns labels of which a fraction is wrong.

    Exactly round(fraction * n) examples, drawn without replacement, get a label drawn uniformly
    from the other classes.

    Args:
        labels: shape (n,), 0 .. classes - 1; left unchanged.
        fraction: 0 <= fraction < 1.
        classes: number of classes, at least 2.
        rng: source of randomness.
    """
    noisy = labels.copy()
    wrong = rng.choice(len(labels), size=int(fraction * len(labels) + 0.5), replace=False)
    noisy[wrong] = (labels[wrong] + rng.integers(1, classes, size=len(wrong))) % classes
    return noisy


def _test_size(examples: int, test: float) -> int:
    return math.ceil(examples * test)
