"""Which data the networks are trained on, as parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from tools import datasets
from tools.experiment import Params, Words


class DataParams(Params):
    """What every experiment on sparse networks takes."""

    dataset: Annotated[
        Literal["digits", "breast_cancer", "wine"],
        Words(values={"breast_cancer": ("breast cancer",), "digits": ("handwritten digits",)}),
    ] = Field("digits", description="the shipped data set to train on")
    images: Annotated[str, Words(near=("images in", "image folder", "folder"), takes="path")] = (
        Field(
            "",
            description="folder with the four files of MNIST or Fashion-MNIST, instead of dataset",
        )
    )
    examples: Annotated[int, Words(near=("training images", "images used"))] = Field(
        10_000, ge=100, le=60_000, description="training images taken from the folder"
    )

    @field_validator("images")
    @classmethod
    def _absolute(cls, value: str) -> str:
        return str(Path(value).expanduser().absolute()) if value else value

    def train_size(self) -> int:
        """Returns the number of training examples, at most."""
        return self.examples if self.images else datasets.train_size(self.dataset)
