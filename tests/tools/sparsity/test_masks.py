import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune as torch_prune

from tools.errors import BadInput
from tools.sparsity.masks import (
    apply_masks,
    collapsed_layers,
    keep_top,
    largest_compression,
    masks_of,
    plain_copy,
    survivors,
    weights_of,
)


def convolutional() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
    )


def test_matrices_and_kernels_are_prunable_and_nothing_else_is() -> None:
    model = convolutional()
    assert list(weights_of(model)) == ["0.weight", "4.weight"]
    assert largest_compression(model) == (36 + 48) / 2


def test_a_module_without_weights_is_refused() -> None:
    with pytest.raises(BadInput, match="ReLU has no weights"):
        weights_of(nn.ReLU())


def test_masks_are_those_of_torch() -> None:
    model = convolutional()
    masks = {name: torch.ones_like(w) for name, w in weights_of(model).items()}
    masks["4.weight"][0] = 0
    apply_masks(model, masks)
    assert torch_prune.is_pruned(model)
    assert {"4.weight_orig", "4.weight_mask"} < model.state_dict().keys()
    assert list(weights_of(model)) == ["0.weight", "4.weight"]
    out = model.eval()(torch.ones(2, 1, 4, 4))
    assert torch.equal(out[:, 0], model[4].bias[0].expand(2))
    torch_prune.remove(model[4], "weight")
    assert not model[4].weight[0].any()


def test_masks_read_back_are_those_put_in_and_can_be_replaced() -> None:
    model = convolutional()
    first = {name: (torch.rand(w.shape) < 0.5).float() for name, w in weights_of(model).items()}
    second = {name: 1 - mask for name, mask in first.items()}
    for masks in (first, second):
        apply_masks(model, masks)
        assert all(torch.equal(mask, masks[name]) for name, mask in masks_of(model).items())
        assert torch.equal(model[4].weight != 0, masks["4.weight"].bool())


def test_a_mask_that_fits_no_weight_is_refused_and_nothing_is_changed() -> None:
    model = convolutional()
    with pytest.raises(BadInput, match=r"'7.weight'.*no weight of this name"):
        apply_masks(model, {"0.weight": torch.zeros(4, 1, 3, 3), "7.weight": torch.ones(1)})
    assert not torch_prune.is_pruned(model)


def test_a_pruned_module_that_was_used_can_be_copied() -> None:
    model = convolutional()
    apply_masks(model, masks_of(model))
    x = torch.ones(2, 1, 4, 4)
    model(x)
    copied = plain_copy(model)
    assert torch.equal(copied.eval()(x), model.eval()(x))
    model(x).sum().backward()
    assert model[4].weight_orig.grad is not None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=8), min_size=1, max_size=4),
    st.integers(0, 30),
)
def test_the_highest_scores_of_all_layers_together_stay(
    layers: list[list[int]], count: int
) -> None:
    scores = {str(k): torch.tensor(v, dtype=torch.float64) for k, v in enumerate(layers)}
    masks = keep_top(scores, count)
    flat = torch.cat(list(scores.values()))
    kept = torch.cat([m.bool() for m in masks.values()])
    assert int(kept.sum()) == min(count, len(flat))
    if 0 < int(kept.sum()) < len(flat):
        assert flat[kept].min() >= flat[~kept].max()


def test_what_is_gone_never_comes_back() -> None:
    gone = -torch.inf
    masks = keep_top({"a": torch.tensor([gone, 1.0]), "b": torch.tensor([gone, gone])}, 3)
    assert survivors(masks) == {"a": 1, "b": 0}
    assert collapsed_layers(masks) == ["b"]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadInput, match="not finite"):
        keep_top({"a": torch.tensor([1.0, torch.nan])}, 1)
