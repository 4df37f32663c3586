"""One family of errors with one rule: say what was wrong, where, and what to do about it."""

from __future__ import annotations


class AnsatzError(Exception):
    """An error meant for a person.

    Attributes:
        problem: what was wrong and where, with the offending value.
        remedy: what to do about it, or an empty string.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}".strip())


class BadInput(AnsatzError):
    """A value that a person or a model gave cannot be used; names the field and the value."""


class NotFound(AnsatzError):
    """Something named does not exist; lists what does."""


class Unavailable(AnsatzError):
    """An optional part is not installed or cannot work on this machine."""


class Cancelled(AnsatzError):
    """A run was stopped on request."""
