"""Small models that answer token by token: a perceptron and a decoder transformer.

Every model maps `(inputs, answers)` to logits of shape (n, steps, vocabulary), where step t sees
the input and the answer's tokens before t only (teacher forcing). Weights are drawn from a
generator that is passed in, never from torch's global state.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, scaled_dot_product_attention


class Perceptron(nn.Module):
    """Hidden layers of rectified units over the input and the answer's tokens so far.

    Args:
        inputs: features of an input.
        vocabulary: number of answer tokens.
        steps: length of an answer.
        width, layers: units of a hidden layer, and how many there are.
    """

    def __init__(
        self, inputs: int, vocabulary: int, steps: int, width: int = 256, layers: int = 2
    ) -> None:
        super().__init__()
        # A first token sees no token before it: an answer of one token costs no extra input.
        self.vocabulary, self.steps = vocabulary, steps
        seen = (steps - 1) * (vocabulary + 1)
        self.layers = _stack(inputs + seen, vocabulary, width, layers)

    def forward(self, inputs: Tensor, answers: Tensor) -> Tensor:
        """Returns logits (n, steps, vocabulary)."""
        count, steps = answers.shape
        if self.steps == 1:
            return cast("Tensor", self.layers(inputs))[:, None]
        # Token j is hidden from the steps up to j: it reads as one more token, "not yet".
        hidden = torch.ones(steps, steps - 1, dtype=torch.bool, device=answers.device).triu()
        known = answers[:, None, :-1].expand(count, steps, steps - 1)
        known = known.masked_fill(hidden, self.vocabulary)
        seen = one_hot(known, self.vocabulary + 1).flatten(2).to(inputs.dtype)
        both = torch.cat([inputs[:, None].expand(count, steps, inputs.shape[1]), seen], dim=2)
        return cast("Tensor", self.layers(both))


class Decoder(nn.Module):
    """A decoder transformer over a prompt of tokens and the answer's tokens so far.

    Learned positions, normalisation before each block, feed-forward four times the width, no
    dropout. About 12 layers width^2 parameters: 6 layers of width 384 are 10.6 million.

    Args:
        tokens: size of the vocabulary of prompts; answers use its first `vocabulary` tokens.
        prompt: length of a prompt.
        vocabulary: number of answer tokens.
        steps: length of an answer.
        width: of the residual stream, a multiple of `heads`.
        layers, heads: number of blocks, and of attention heads in each.
    """

    def __init__(
        self,
        tokens: int,
        prompt: int,
        vocabulary: int,
        steps: int,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
    ) -> None:
        super().__init__()
        self.prompt = prompt
        self.embed = nn.Embedding(tokens, width)
        self.place = nn.Parameter(torch.zeros(prompt + steps - 1, width))
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, inputs: Tensor, answers: Tensor) -> Tensor:
        """Returns logits (n, steps, vocabulary)."""
        tokens = torch.cat([inputs, answers[:, :-1]], dim=1)
        stream = self.embed(tokens) + self.place
        for block in self.blocks:
            stream = block(stream)
        return cast("Tensor", self.head(self.norm(stream[:, self.prompt - 1 :])))


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, stream: Tensor) -> Tensor:
        count, length, width = stream.shape
        qkv = self.qkv(self.before_attention(stream))
        q, k, v = qkv.view(count, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        stream = stream + self.out(mixed.transpose(1, 2).reshape(count, length, width))
        return cast("Tensor", stream + self.feed(self.before_feed(stream)))


class StepPolicy(nn.Module):
    """A perceptron that sees one state a step, for answers whose states carry the past: proofs."""

    def __init__(self, inputs: int, vocabulary: int, width: int = 256, layers: int = 2) -> None:
        super().__init__()
        self.layers = _stack(inputs, vocabulary, width, layers)

    def forward(self, inputs: Tensor, answers: Tensor) -> Tensor:
        """Returns logits (n, steps, vocabulary) of states (n, steps, inputs)."""
        del answers
        return cast("Tensor", self.layers(inputs.float()))


def _stack(inputs: int, outputs: int, width: int, layers: int) -> nn.Sequential:
    """Returns `layers` hidden layers of rectified units and a linear one."""
    widths = [inputs, *[width] * layers]
    hidden = [
        part for left, right in pairwise(widths) for part in (nn.Linear(left, right), nn.ReLU())
    ]
    return nn.Sequential(*hidden, nn.Linear(width, outputs))


def draw_weights(model: nn.Module, generator: torch.Generator) -> nn.Module:
    """Draws all weights anew and returns the model.

    Linear layers uniform in +-1/sqrt(fan-in), embeddings and positions N(0, 0.02^2), norms the
    identity. One stream in the order of the layers: equal generators give equal models.
    """
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                bound = 1 / math.sqrt(layer.in_features)
                layer.weight.uniform_(-bound, bound, generator=generator)
                layer.bias.uniform_(-bound, bound, generator=generator)
            elif isinstance(layer, nn.Embedding):
                layer.weight.normal_(0, 0.02, generator=generator)
            elif isinstance(layer, Decoder):
                layer.place.normal_(0, 0.02, generator=generator)
    return model


def parameter_count(model: nn.Module) -> int:
    """Returns the number of trained numbers."""
    return sum(weights.numel() for weights in model.parameters())
