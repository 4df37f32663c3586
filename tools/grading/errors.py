"""What can go wrong when a text is read, each with the verdict it leads to."""

from __future__ import annotations

from tools.errors import AnsatzError


class Unreadable(AnsatzError):
    """A text could not be read as an answer."""


class Malformed(Unreadable):
    """The text is no well formed answer: empty, unbalanced, or not mathematics at all."""


class Unsupported(Unreadable):
    """The text may be right, but it uses something this grader does not know."""


class OverLimit(Unreadable):
    """The text is longer, deeper or larger than the stated bounds."""


class OutOfBudget(OverLimit):
    """The steps that one pair may cost are used up; every further method stops at once."""


class Undecided(AnsatzError):
    """Both sides were read, but no method could settle whether they agree."""
