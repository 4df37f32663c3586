"""The error of this room: one class, one sentence that helps."""

from __future__ import annotations


class KnowledgeError(Exception):
    """Something in the library is wrong, and the message says what, where and the remedy.

    The message is shown as it is to people and to the agent, so it never contains
    a secret and always ends in something the reader can do.
    """
