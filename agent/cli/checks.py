"""What `ansatz doctor` looks at. Each check tells its own failure; none can stop the others."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from agent.cli import common
from tools.errors import AnsatzError

OK, MISSING, BROKEN = "ok", "missing", "broken"

_PACKAGES = ("ansatz-lab", "numpy", "torch", "langgraph", "openai", "chromadb", "onnxruntime")


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at.
        state: `ok`, `missing` (optional, not there) or `broken` (there, does not work).
        detail: what was found.
        remedy: what to do about it.
        needed: whether the assistant cannot do without it.
    """

    name: str
    state: str
    detail: str
    remedy: str = ""
    needed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Returns the finding as plain JSON values."""
        return asdict(self)


def run_all() -> list[Check]:
    """Carries out every check, in the order people read them."""
    found: list[Check] = []
    # Sandbox layers come first: they fork, which is safest before other packages start threads.
    layers = list(_guard("sandbox", _sandbox))
    for name, check in (
        ("python", _python),
        ("packages", _packages),
        ("state folder", _state_folder),
        ("run store", _run_store),
        ("experiments", _experiments),
        ("knowledge", _knowledge),
        ("torch", _torch),
        ("endpoint", _endpoint),
    ):
        found += _guard(name, check)
    return [*found, *layers, *_guard("mlflow", _mlflow)]


def _guard(name: str, check: Callable[[], Iterator[Check]]) -> list[Check]:
    found: list[Check] = []
    try:
        for item in check():
            found.append(item)
    except AnsatzError as error:
        found.append(Check(name, BROKEN, error.problem, error.remedy))
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises is the finding
        found.append(Check(name, BROKEN, f"{type(error).__name__}: {error}", "Install it again."))
    return found


def _python() -> Iterator[Check]:
    detail = f"{platform.python_version()} at {sys.executable}"
    good = sys.version_info >= (3, 11)
    yield Check("python", OK if good else BROKEN, detail, "Python 3.11 or newer is needed.")


def _packages() -> Iterator[Check]:
    from tools.environment import versions

    found = versions(_PACKAGES)
    absent = [name for name in _PACKAGES if name not in found]
    detail = ", ".join(f"{name} {version}" for name, version in found.items())
    if absent:
        detail = f"not installed: {', '.join(absent)}; {detail}"
    yield Check("packages", BROKEN if absent else OK, detail, "pip install ansatz-lab")


def _state_folder() -> Iterator[Check]:
    folder = common.home()
    probe = folder / f".doctor-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("writable")
        probe.unlink()
    except OSError as error:
        remedy = "Set ANSATZ_HOME to a folder of yours."
        yield Check("state folder", BROKEN, f"{folder}: {error.strerror}", remedy)
    else:
        yield Check("state folder", OK, str(folder))


def _run_store() -> Iterator[Check]:
    try:
        store = common.open_store()
        trouble = store.damage()
        lost = store.reconcile()
        counts = store.counts()
    except sqlite3.DatabaseError as error:
        trouble, lost, counts = str(error), [], {}
    if trouble:
        remedy = f"Move {common.home() / 'runs.sqlite'} away; a new one is made."
        yield Check("run store", BROKEN, trouble, remedy)
        return
    told = ", ".join(f"{n} {status}" for status, n in counts.items()) or "empty"
    yield Check("run store", OK, told)
    if lost:
        remedy = "`ansatz runs resume RUN` goes on with one."
        yield Check(
            "run store", OK, f"found dead and marked interrupted: {', '.join(lost)}", remedy
        )


def _experiments() -> Iterator[Check]:
    from tools import registry

    found = registry.load()
    state = OK if found.experiments else BROKEN
    yield Check("experiments", state, f"{len(found.experiments)} found", "Install it again.")
    for problem in found.problems:
        remedy = "Mend or uninstall that package."
        yield Check("experiments", BROKEN, problem, remedy, needed=False)


def _knowledge() -> Iterator[Check]:
    from knowledge.errors import KnowledgeError
    from knowledge.library import Library

    try:
        with Library.open(common.home() / "knowledge") as library:
            health = library.health()
    except KnowledgeError as error:
        yield Check("knowledge", BROKEN, str(error))
        return
    for part in health:
        yield Check(f"knowledge, {part.name}", OK if part.ok else BROKEN, part.detail)


def _torch() -> Iterator[Check]:
    try:
        import torch
    except ImportError as error:
        yield Check("torch", BROKEN, str(error), "pip install 'torch>=2.6,<2.14'")
        return
    yield Check("torch", OK, f"{torch.__version__}, {torch.get_num_threads()} threads")
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    if names:
        yield Check("gpu", OK, ", ".join(names))
    else:
        yield Check("gpu", MISSING, "none; everything runs on the processor", needed=False)


def _endpoint() -> Iterator[Check]:
    environ = os.environ
    if not (environ.get("OPENAI_BASE_URL") or environ.get("OPENAI_API_KEY")):
        detail = "not configured: the embedded planner answers"
        remedy = "Set OPENAI_BASE_URL or OPENAI_API_KEY, and ANSATZ_MODEL, to use a model."
        yield Check("endpoint", MISSING, detail, remedy, needed=False)
        return
    from agent.endpoint import Endpoint

    named = environ.get("ANSATZ_MODEL")
    # Listing models needs no model's name; the endpoint insists on one.
    endpoint = Endpoint.from_environment(named or "any", environ)

    async def probe() -> list[str]:
        try:
            return await endpoint.probe()
        finally:
            await endpoint.close()

    try:
        models = asyncio.run(probe())
    except AnsatzError as error:
        yield Check("endpoint", BROKEN, error.problem, error.remedy)
        return
    shown = ", ".join(models[:8]) + (f" and {len(models) - 8} more" if len(models) > 8 else "")
    yield Check("endpoint", OK, f"{endpoint.base_url} offers {shown or 'no model'}")
    if named and named not in models:
        detail = f"ANSATZ_MODEL = {named} is not among them"
        yield Check("model", BROKEN, detail, "Set ANSATZ_MODEL to one of the models offered.")
    elif not named:
        detail = "none named: the embedded planner answers"
        yield Check("model", MISSING, detail, "Set ANSATZ_MODEL or give --model.", needed=False)


def _sandbox() -> Iterator[Check]:
    from tools.isolation.layers import probe_layers

    for layer in probe_layers():
        state = OK if layer.works else MISSING
        remedy = "Untrusted programs run with the remaining layers."
        yield Check(f"sandbox, {layer.name}", state, layer.detail, remedy, needed=False)
    yield from _active_layers()


def _active_layers() -> Iterator[Check]:
    """Starts a sandbox and tells what holds for the programs in it."""
    from tools.isolation.sandbox import Sandbox

    with Sandbox("plain") as sandbox:
        layers = sandbox.layers
    held = {
        f"namespaces ({', '.join(layers.namespaces)})": bool(layers.namespaces),
        "bubblewrap": layers.bubblewrap,
        f"Landlock {layers.landlock}": layers.landlock > 0,
        "seccomp": layers.seccomp,
        "no capabilities": layers.capabilities,
    }
    active = ", ".join(name for name, holds in held.items() if holds)
    if layers.notice:
        remedy = "docs/sandbox.md says what each layer stops."
        yield Check(
            "sandbox",
            MISSING,
            f"{layers.notice} Active: {active or 'nothing'}",
            remedy,
            needed=False,
        )
    else:
        yield Check("sandbox", OK, f"active: {active}; strict can be asked for", needed=False)


def _mlflow() -> Iterator[Check]:
    from tools.environment import versions

    found = versions(("mlflow", "mlflow-skinny"))
    wanted = bool(os.environ.get("MLFLOW_TRACKING_URI"))
    target = "MLFLOW_TRACKING_URI is set" if wanted else "MLFLOW_TRACKING_URI is not set"
    if found:
        detail = f"{', '.join(f'{k} {v}' for k, v in found.items())}; {target}"
        yield Check("mlflow", OK, detail, needed=False)
    else:
        state = BROKEN if wanted else MISSING
        remedy = "pip install 'ansatz-lab[mlflow]'"
        yield Check("mlflow", state, f"not installed; {target}", remedy, needed=False)
