import subprocess
import sys

import numpy as np
import pytest

from tools import datasets
from tools.errors import BadInput


@pytest.mark.parametrize("name", datasets.DESCRIPTIONS)
def test_a_data_set_is_what_its_description_says(name: str) -> None:
    data = datasets.load(name)
    assert data.inputs.shape == (data.description.examples, data.description.features)
    assert data.inputs.dtype == np.float32
    assert data.labels.dtype == np.int64
    assert set(data.labels.tolist()) == set(range(data.classes))
    assert data.description.source
    assert data.description.licence == "CC BY 4.0"


def test_an_unknown_name_is_refused_and_the_choices_named() -> None:
    with pytest.raises(BadInput, match=r"'mnist'.*digits, breast_cancer, wine"):
        datasets.load("mnist")


@pytest.mark.parametrize("name", datasets.DESCRIPTIONS)
def test_a_split_uses_every_example_once_and_keeps_the_class_proportions(name: str) -> None:
    data = datasets.load(name)
    split = datasets.split(data, seed=3)
    assert len(split.train_labels) == datasets.train_size(name)
    both = np.concatenate([split.train_labels, split.test_labels])
    assert np.array_equal(np.bincount(both), np.bincount(data.labels))
    share = np.bincount(split.test_labels) / np.bincount(data.labels)
    assert share == pytest.approx(np.full(data.classes, 0.25), abs=0.02)


def test_equal_seeds_split_equally_and_others_differently() -> None:
    data = datasets.load("wine")
    first, again, other = (datasets.split(data, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.train_inputs, again.train_inputs)
    assert np.array_equal(first.test_labels, again.test_labels)
    assert not np.array_equal(first.train_inputs, other.train_inputs)


def test_features_of_different_units_are_standardised_by_the_training_part_alone() -> None:
    split = datasets.split(datasets.load("wine"), seed=0)
    assert split.train_inputs.mean(axis=0) == pytest.approx(np.zeros(13), abs=1e-5)
    assert split.train_inputs.std(axis=0) == pytest.approx(np.ones(13), abs=1e-5)
    assert np.abs(split.test_inputs.mean(axis=0)).max() > 1e-3
    assert split.train_inputs.dtype == split.test_inputs.dtype == np.float32


def test_pixels_keep_their_common_scale() -> None:
    split = datasets.split(datasets.load("digits"), seed=0)
    assert split.train_inputs.min() == 0
    assert split.train_inputs.max() == 1


@pytest.mark.parametrize("test", [0.0, 1.0, -0.5, 0.001, 0.999])
def test_a_part_too_small_for_every_class_is_refused(test: float) -> None:
    with pytest.raises(BadInput, match="fewer examples than classes"):
        datasets.split(datasets.load("wine"), seed=0, test=test)


def test_mislabelling_changes_exactly_the_asked_fraction_and_not_its_argument() -> None:
    labels = datasets.load("digits").labels
    before = labels.copy()
    noisy = datasets.mislabel(labels, 0.1, 10, np.random.default_rng(0))
    assert (noisy != labels).sum() == 180
    assert noisy.min() >= 0
    assert noisy.max() <= 9
    assert np.array_equal(labels, before)
    assert np.array_equal(datasets.mislabel(labels, 0.0, 10, np.random.default_rng(0)), labels)


def test_importing_the_data_sets_loads_no_library_for_numbers() -> None:
    code = (
        "import sys, tools.datasets, tools.plots, tools.pruning, tools.pruning.experiments;"
        "print(sorted({'torch', 'sklearn', 'matplotlib', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
