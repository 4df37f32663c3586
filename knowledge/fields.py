"""The fields of a card's front matter, read with their types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.errors import KnowledgeError

_ARXIV = re.compile(r"\d{4}\.\d{4,5}")


@dataclass(frozen=True)
class Fields:
    """Reads typed values out of front matter and complains by file and field."""

    file: str
    values: Mapping[str, Any]

    def text(self, field: str, pattern: re.Pattern[str] | None = None, form: str = "") -> str:
        """Returns a non-empty text that matches the pattern; `form` describes it in words."""
        value = self._get(field)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(field, value, "a non-empty text; put it in quotes")
        if pattern is not None and not pattern.fullmatch(value):
            raise self._wrong(field, value, form)
        return value.strip()

    def texts(
        self,
        field: str,
        pattern: re.Pattern[str] | None = None,
        form: str = "",
        least: int = 0,
    ) -> tuple[str, ...]:
        """Returns a list of non-empty texts, at least `least` of them."""
        value = self._get(field)
        if not isinstance(value, list) or len(value) < least:
            wanted = "a list such as [first, second]" + (", not empty" if least else "")
            raise self._wrong(field, value, wanted)
        for item in value:
            if not isinstance(item, str) or not item.strip():
                raise self._wrong(field, item, "a list of texts; put each in quotes")
            if pattern is not None and not pattern.fullmatch(item):
                raise self._wrong(field, item, form)
        return tuple(item.strip() for item in value)

    def distinct(
        self, field: str, pattern: re.Pattern[str], form: str, itself: object
    ) -> tuple[str, ...]:
        """Returns a list of texts in which none comes twice and none is `itself`."""
        values = self.texts(field, pattern, form)
        for place, value in enumerate(values):
            if value in values[:place]:
                raise self._wrong(field, value, "each only once")
            if value == itself:
                raise self._wrong(field, value, "other cards, not this one")
        return values

    def choice(self, field: str, choices: tuple[str, ...]) -> str:
        """Returns one of the choices."""
        value = self._get(field)
        if value not in choices:
            raise self._wrong(field, value, "one of " + ", ".join(choices))
        return str(value)

    def year(self) -> int:
        """Returns a plausible year."""
        value = self._get("year")
        # bool is an int to Python, and `year: yes` is a bool to YAML.
        if isinstance(value, bool) or not isinstance(value, int) or not 1900 <= value <= 2100:
            raise self._wrong("year", value, "a year between 1900 and 2100")
        return value

    def arxiv(self) -> str | None:
        """Returns an arXiv identifier without version, or None where there is none."""
        value = self.values.get("arxiv")
        if value is None:
            return None
        if not isinstance(value, str) or not _ARXIV.fullmatch(value):
            # Unquoted, YAML reads 2107.07070 as the number 2107.0707.
            form = 'an identifier in quotes and without version, e.g. "2107.07075"'
            raise self._wrong("arxiv", value, form)
        return value

    def _get(self, field: str) -> Any:
        if field not in self.values:
            raise KnowledgeError(f"{self.file}: {field}: missing; add a line '{field}: ...'")
        return self.values[field]

    def _wrong(self, field: str, value: object, wanted: str) -> KnowledgeError:
        return KnowledgeError(f"{self.file}: {field}: got {value!r}, expected {wanted}")
