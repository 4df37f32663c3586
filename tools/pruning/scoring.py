"""Every score under its name: from a data set to one number for each example.

A score is made of members, one for each network, training or clustering, that are computed apart
(so that a run can keep each as it comes) and then put together. Four choices take the wanted size
into account and so give a set rather than a ranking: `choose` computes those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tools.errors import BadInput
from tools.pruning import scores, train
from tools.pruning.d4 import Chosen, d4, semdedup
from tools.pruning.density import select_by_density
from tools.pruning.names import CHOICES, Score
from tools.pruning.prototypes import Vectors, spherical_kmeans, usual_count
from tools.pruning.scores.memory import subset_members

SHARE = 0.7
"""Of the examples in each subset, for memorisation."""

OfLogits = Callable[[Tensor, Tensor], Tensor]
OF_LOGITS = MappingProxyType(
    {
        "el2n": scores.el2n,
        "margin": scores.margin,
        "entropy": lambda logits, labels: scores.entropy(logits),
        "cross_entropy": scores.cross_entropies,
    }
)


@dataclass(frozen=True)
class Scorer:
    """How a score is computed on one training set.

    Attributes:
        name: of the score.
        inputs: float32, shape (n, d), scaled for training; networks are on their device.
        labels: int64, shape (n,), on the same device; not looked at by scores without labels.
        classes: number of classes.
        networks: members: networks, or clusterings.
        epochs: training length of each network.
        checkpoints: of each training, evenly spaced up to its end, over which is averaged.
        seed_for: gives the seed of a stream of that name.
        before_step: called often; raise from it to stop.
    """

    name: Score
    inputs: Tensor
    labels: Tensor
    classes: int
    networks: int
    epochs: int
    seed_for: Callable[..., int]
    checkpoints: int = 1
    before_step: Callable[[], None] = lambda: None

    def member(self, index: int) -> Tensor:
        """Returns what one network says of every example, shape (n,), on the processor.

        Of memorisation that is whether it is right; of everything else the score itself.
        """
        return self._member(index).cpu()

    def _member(self, index: int) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed_for("scoring", index))
        if self.name == "prototypes":
            return torch.from_numpy(self._distances(index))
        if self.name == "forgetting":
            return train.count_forgetting(
                self.inputs,
                self.labels,
                self.classes,
                epochs=self.epochs,
                generator=generator,
                before_step=self.before_step,
            )
        if self.name == "memorization":
            inside = self._members()[index].nonzero()[:, 0].to(self.inputs.device)
            network = self._trained(generator, inside)
            with torch.no_grad():
                return cast(Tensor, network(self.inputs).argmax(dim=1) == self.labels)
        found: list[Tensor] = []
        stops = self._stops()

        def look(step: int, network: nn.Sequential) -> None:
            if step in stops:
                found.append(self._of_network(network))

        network = self._trained(generator, after_step=look)
        return scores.average(found) if found else self._of_network(network)

    def together(self, members: Sequence[Tensor]) -> Tensor:
        """Puts the members together, shape (n,), float64."""
        if self.name == "memorization":
            return scores.memorization(self._members(), torch.stack(list(members)).bool())
        return scores.average(members)

    def _trained(
        self,
        generator: torch.Generator,
        rows: Tensor | None = None,
        after_step: Callable[[int, nn.Sequential], None] = lambda step, network: None,
    ) -> nn.Sequential:
        inputs, labels = (
            (self.inputs, self.labels) if rows is None else (self.inputs[rows], self.labels[rows])
        )
        return train.train_network(
            inputs,
            labels,
            self.classes,
            steps=train.steps_for(self.epochs, len(inputs)),
            generator=generator,
            before_step=self.before_step,
            after_step=after_step,
        )

    def _of_network(self, network: nn.Sequential) -> Tensor:
        if self.name == "grand":
            return scores.grand(network, self.inputs, self.labels)
        with torch.no_grad():
            features = network[:-1](self.inputs)
            logits = network[-1](features)
            if self.name == "grand_last_layer":
                return scores.grand_last_layer(logits, features, self.labels, bias=True)
            return cast(OfLogits, OF_LOGITS[self.name])(logits, self.labels)

    def _stops(self) -> set[int]:
        """Returns the steps after which a checkpoint is scored; none where nothing is trained."""
        steps = train.steps_for(self.epochs, len(self.inputs))
        return {round(steps * k / self.checkpoints) for k in range(1, self.checkpoints + 1)} - {0}

    def _members(self) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed_for("subsets"))
        return subset_members(self.networks, len(self.inputs), SHARE, generator)

    def _distances(self, index: int) -> NDArray[np.float64]:
        vectors = unit(self.inputs)
        rng = np.random.default_rng(self.seed_for("clustering", index))
        count = usual_count(len(vectors))
        found = spherical_kmeans(vectors, count, rng, before_round=self.before_step)
        return found.distances()


def choose(
    name: str,
    vectors: Vectors,
    count: int,
    rng: Callable[[str], np.random.Generator],
    before_round: Callable[[], None] = lambda: None,
) -> Chosen:
    """Returns the rows that one of the choices of a set keeps.

    Args:
        name: `density`, `d4` or `semdedup`.
        vectors: unit rows, shape (n, d).
        count: rows to keep.
        rng: makes a generator of that name.
        before_round: called often; raise from it to stop.

    Raises:
        BadInput: if the name is that of a score, or the data do not allow it.
    """
    if name == "semdedup":
        return semdedup(vectors, count, rng)
    if name == "d4":
        return d4(vectors, count, rng)
    if name != "density":
        raise BadInput(f"'{name}' ranks, it does not choose.", f"Give {', '.join(CHOICES)}.")
    many = max(2, usual_count(len(vectors)))
    clusters = spherical_kmeans(vectors, many, rng("clusters"), before_round=before_round)
    kept = select_by_density(clusters, count)
    return Chosen(kept, clusters.distances(), np.zeros(len(kept), bool), float("nan"))


def unit(inputs: Tensor | NDArray[np.float32]) -> Vectors:
    """Returns rows brought to length 1, float32.

    Raises:
        BadInput: naming a row that is zero: it has no direction.
    """
    x = np.asarray(inputs, np.float64)
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    if not lengths.all():
        row = int(np.flatnonzero(lengths[:, 0] == 0)[0])
        raise BadInput(f"Example {row} is the zero vector, which has no direction.", "Remove it.")
    found: Vectors = (x / lengths).astype(np.float32)
    return found
