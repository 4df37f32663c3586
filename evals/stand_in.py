"""A chat endpoint on this machine that is right with a known chance.

What it answers follows from the question and the seed of the request alone, so that runs replay,
and the truth of every estimate made from its answers can be computed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.errors import BadInput


@dataclass(frozen=True)
class Known:
    """What the stand-in knows of one question.

    Attributes:
        gold: the right answer.
        chance: probability of giving it, 0 .. 1.
    """

    gold: str
    chance: float


class StandIn:
    """Serves `POST base_url/chat/completions` in a thread between `__enter__` and `__exit__`.

    Attributes:
        base_url: its address, ending in `/v1`.
    """

    def __init__(self, known: Mapping[str, Known]) -> None:
        """Takes a free port of this machine.

        Args:
            known: question -> what is known of it; the last line of a prompt that is not blank is
                the question. To others it answers that it does not know.
        """

        class Handler(_Handler):
            questions = known

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def read_known(path: Path) -> dict[str, Known]:
    """Reads a JSON Lines file of `question`, `gold` and `chance`.

    Raises:
        BadInput: naming the line and what is wrong with it.
    """
    known = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            found = Known(str(row["gold"]), float(row["chance"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(
                f"{path.name}, line {number}: {error!r}.", "Give question, gold and chance."
            ) from None
        if not 0 <= found.chance <= 1:
            raise BadInput(f"{path.name}, line {number}: chance = {found.chance}.", "Give 0 to 1.")
        known[str(row["question"])] = found
    return known


def answer(known: Mapping[str, Known], prompt: str, seed: object) -> str:
    """Returns the answer to a prompt: the gold with its chance, otherwise one that is wrong."""
    question = next((s for s in map(str.strip, reversed(prompt.splitlines())) if s), "")
    about = known.get(question)
    if about is None:
        return "I do not know."
    digest = blake2b(f"{seed}/{question}".encode(), digest_size=8).digest()
    # Uniform on [0, 1), so that a chance of 1 is always right and one of 0 never.
    drawn = int.from_bytes(digest, "big") / 2**64
    return f"\\boxed{{{about.gold if drawn < about.chance else f'{about.gold} + 1'}}}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    questions: Mapping[str, Known] = {}

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""

    def do_POST(self) -> None:
        """Answers one chat request."""
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        text = answer(self.questions, request["messages"][-1]["content"], request.get("seed"))
        message = {"role": "assistant", "content": text}
        body = json.dumps(
            {
                "object": "chat.completion",
                "model": request.get("model"),
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 0, "completion_tokens": len(text.split())},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
