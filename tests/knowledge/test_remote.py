"""Other embedders: an endpoint's vectors are used, checked, cached, and kept apart."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge import KnowledgeError, Library
from knowledge.embed import MiniLM
from knowledge.remote import Endpoint, Folder, chosen_embedder


class Server(HTTPServer):
    """Answers in reversed order, and counts texts; `reply` replaces the answer."""

    texts = 0
    keys: list[str | None]
    reply: bytes | None = None
    status = 200


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.texts += len(asked["input"])
        self.server.keys.append(self.headers["Authorization"])
        data = [
            {"index": n, "embedding": [float(len(text)), 3.0, float(text.count("e"))]}
            for n, text in enumerate(asked["input"])
        ]
        body = self.server.reply or json.dumps({"data": data[::-1]}).encode()
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.keys = []
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/v1"


def test_rows_come_back_in_the_order_asked_for_as_unit_vectors(server: Server) -> None:
    embedder = Endpoint(address(server), "small", "secret")
    rows = embedder.encode(["a", "bbbb", ""])
    assert rows.shape == (3, 3)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.allclose(rows[1], np.array([4, 3, 0]) / 5)
    assert server.keys[-1] == "Bearer secret"


def test_a_library_asks_for_each_text_once(server: Server, tmp_path: Path, cards: Path) -> None:
    for _ in range(2):
        embedder = Endpoint(address(server), "small")
        with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:
            model = library._vectors.model
    assert server.texts == 2 + 13  # two probes; 14 texts of which two are equal
    assert model.startswith("small:")


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (b"<html>", 200, "holds no embeddings"),
        (b'{"data": []}', 200, "embedding endpoint"),
        (b'{"data": [{"index": 0, "embedding": [0, 0, 0]}]}', 200, "has its model changed"),
        (b"{}", 401, "answered 401"),
    ],
)
def test_a_useless_answer_is_explained(
    server: Server, reply: bytes, status: int, message: str
) -> None:
    server.reply, server.status = reply, status
    with pytest.raises(KnowledgeError, match=message) as caught:
        Endpoint(address(server), "small", "secret")
    assert "secret" not in str(caught.value)


def test_the_environment_chooses(server: Server, tmp_path: Path) -> None:
    assert isinstance(chosen_embedder({}), MiniLM)
    given = {"ANSATZ_EMBEDDER": address(server), "ANSATZ_EMBEDDER_MODEL": "small"}
    assert chosen_embedder(given).name == "small"
    with pytest.raises(KnowledgeError, match="ANSATZ_EMBEDDER_MODEL: missing"):
        chosen_embedder({"ANSATZ_EMBEDDER": address(server)})
    with pytest.raises(KnowledgeError, match="neither an address nor a folder"):
        Folder(tmp_path / "nowhere")


def test_no_server_is_explained() -> None:
    with pytest.raises(KnowledgeError, match="no answer"):
        Endpoint("http://127.0.0.1:9", "small")
