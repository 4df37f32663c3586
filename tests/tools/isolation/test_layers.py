"""Probing the sandbox's layers tells what works and changes nothing in this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tools.isolation import layers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


def _status() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if line.startswith(("Seccomp", "NoNew")))


def _namespaces() -> dict[str, str]:
    return {p.name: str(p.readlink()) for p in Path("/proc/self/ns").iterdir()}


def test_every_layer_is_told_and_nothing_sticks() -> None:
    before = (_status(), _namespaces())
    found = layers.probe_layers()
    after = (_status(), _namespaces())
    assert before == after
    assert [layer.name for layer in found] == ["namespaces", "landlock", "seccomp", "bubblewrap"]
    assert all(layer.detail for layer in found)


def test_a_layer_that_is_missing_gives_its_reason() -> None:
    def refused() -> str:
        raise PermissionError(1, "Operation not permitted")

    layer = layers._in_child("x", refused)
    assert not layer.works
    assert "not permitted" in layer.detail


def test_a_probe_that_kills_its_process_is_survived() -> None:
    layer = layers._in_child("x", lambda: os.kill(os.getpid(), 9) or "")
    assert (layer.works, layer.detail) == (False, "the probe died")


def test_a_probe_happens_in_another_process() -> None:
    assert layers._in_child("x", lambda: str(os.getpid())).detail != str(os.getpid())
