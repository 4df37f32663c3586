"""Folders of text files or of images: one file a row, by path."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.frames.frame import Frame

TEXTS = (".txt", ".md", ".rst", ".tex", ".html", ".py")
IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")


class _FolderFrame(Frame):
    """Files; where all lie in sub-folders, the first of each file's is its `label`."""

    suffix: ClassVar[str] = ""

    def __init__(self, path: Path, files: list[Path], column: str) -> None:
        self._files = files
        sorted_in = all(len(file.relative_to(path).parts) > 1 for file in files)
        label = ("label",) if files and sorted_in else ()
        super().__init__(path, len(files), ("path", *label, column))

    def name(self, row: int) -> str:
        """Names a row by its file."""
        return f"{self._files[row].relative_to(self.path)} (row {row})"

    def about(self, column: str) -> Iterator[str]:
        """Yields what the place of each file says: its path in the folder, or its label."""
        for file in self._files:
            place = file.relative_to(self.path)
            yield str(place) if column == "path" else place.parts[0]

    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Copies the chosen files into a new folder, in the same places."""
        path.mkdir(parents=True)
        for file, keep in zip(self._files, chosen, strict=True):
            if keep:
                target = path / file.relative_to(self.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


class TextFolder(_FolderFrame):
    """A folder of text files in UTF-8; columns `path`, `text`, and `label` of sub-folders."""

    kind: ClassVar[str] = "folder of texts"

    def __init__(self, path: Path, files: list[Path]) -> None:
        """Takes the files in order."""
        super().__init__(path, files, "text")

    def values(self, column: str) -> Iterator[Any]:
        """Yields paths, labels or texts."""
        if self.has(column) != "text":
            yield from self.about(column)
            return
        for row, file in enumerate(self._files):
            try:
                yield file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise self.wrong(row, column, f"cannot be read ({error})") from error

    def contents(self, column: str) -> Iterator[bytes]:
        """Yields the text of each file."""
        for text in self.values(column or "text"):
            yield str(text).encode()


class ImageFolder(_FolderFrame):
    """A folder of images; columns `path`, `image`, and `label` of sub-folders.

    What counts is the pixels, not the bytes.
    """

    kind: ClassVar[str] = "folder of images"

    def __init__(self, path: Path, files: list[Path]) -> None:
        """Takes the files in order."""
        super().__init__(path, files, "image")

    def values(self, column: str) -> Iterator[Any]:
        """Yields paths, labels, or arrays of shape (height, width, 4), uint8."""
        if self.has(column) != "image":
            yield from self.about(column)
            return
        from PIL import Image

        for row, file in enumerate(self._files):
            try:
                with Image.open(file) as image:
                    yield np.asarray(image.convert("RGBA"))
            except (OSError, ValueError, SyntaxError) as error:
                raise self.wrong(row, column, f"is no image ({error})") from error

    def contents(self, column: str) -> Iterator[bytes]:
        """Yields shape and pixels of each image."""
        for pixels in self.values("image"):
            yield repr(pixels.shape).encode() + pixels.tobytes()


def open_folder(path: Path) -> Frame:
    """Opens a folder by what most of its files are.

    Raises:
        BadInput: if it holds neither texts nor images, or both.
    """
    files = sorted(p for p in path.rglob("*") if p.is_file())
    texts = [p for p in files if p.suffix.lower() in TEXTS]
    images = [p for p in files if p.suffix.lower() in IMAGES]
    if texts and images:
        raise BadInput(
            f"{path} holds {len(texts)} texts and {len(images)} images.", "Give one folder of each."
        )
    if not texts and not images:
        raise BadInput(
            f"{path} holds no file that is a text ({' '.join(TEXTS)}) or an image"
            f" ({' '.join(IMAGES)}), and is no saved data set.",
            "Give a folder of one of these.",
        )
    return TextFolder(path, texts) if texts else ImageFolder(path, images)
