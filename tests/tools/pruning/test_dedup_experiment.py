"""`pruning.dedup` on planted data and on files: claims, tables, resume, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tools.claims import Verdict
from tools.errors import BadInput, Unavailable
from tools.pruning import vectors as embeddings
from tools.pruning.dedup_experiment import dedup
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "home")


def run_here(store: RunStore, seed: int = 0, **values: Any) -> RunRecord:
    """Runs the experiment in this process and returns its record."""
    params = dedup.parse(values)
    record = store.submit(dedup, params, seed=seed)
    store.finish(record.id, dedup.function(params, Run(store, record.id, seed)))
    return store.get(record.id)


def decisions(record: RunRecord) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = pq.read_table(record.folder / "decisions.parquet").to_pydict()
    return found


def summary(record: RunRecord) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((record.folder / "summary.json").read_text())
    return found


def verdicts(record: RunRecord) -> list[Verdict]:
    return [claim.verdict for claim in record.claims]


@pytest.mark.parametrize("method", ["exact", "near", "semantic"])
def test_planted_duplicates_go_and_every_group_stays(store: RunStore, method: str) -> None:
    record = run_here(store, method=method)
    assert set(verdicts(record)) == {Verdict.SUPPORTED}
    assert record.metrics["kept"].mean == 1000
    assert "greedy keeps 20, the released rule 2" in record.claims[-1].reason
    table = decisions(record)
    kept = [d == "kept" for d in table["decision"]]
    for row, stays in enumerate(kept):
        if stays:
            assert table["group"][row] == row
            assert table["twin"][row] is table["similarity"][row] is None
        else:
            assert table["group"][row] == table["twin"][row]
            assert kept[table["twin"][row]]
            assert table["similarity"][row] >= record.metrics["threshold"].mean


def test_the_released_rule_is_refuted_where_it_leaves_orphans(store: RunStore) -> None:
    record = run_here(store, rule="semdedup")
    claim = next(c for c in record.claims if "kept twin" in c.text)
    assert claim.verdict is Verdict.REFUTED
    assert claim.evidence["orphans"] > 0


@pytest.mark.parametrize(
    ("method", "keep", "kept"),
    [("semantic", 0.6, 1772), ("near", 1100, 1100), ("near", 2900, 2900)],
)
def test_a_size_is_met_exactly(store: RunStore, method: str, keep: float, kept: int) -> None:
    record = run_here(store, method=method, keep=keep)
    assert record.metrics["kept"].mean == kept
    assert verdicts(record)[1] is Verdict.SUPPORTED
    low = min(s for s in decisions(record)["similarity"] if s is not None)
    assert low >= record.metrics["threshold"].mean - 1e-9


def test_equal_seeds_leave_equal_bytes(store: RunStore) -> None:
    a, b = (run_here(store, seed=3, method="near") for _ in range(2))
    read = [(r.folder / "decisions.parquet").read_bytes() for r in (a, b)]
    assert read[0] == read[1]


def corpus(path: Path) -> Path:
    rows = [
        {"text": "The quick brown fox jumps over the lazy dog by the river bank", "votes": 1},
        {"text": "the QUICK brown fox  jumps over the lazy dog by the river bank", "votes": 5},
        {"text": "The quick brown fox jumps over the lazy dog by the river shore", "votes": 9},
        {"text": "Entropy never decreases in an isolated system left to itself", "votes": 2},
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def test_a_file_of_texts_is_freed_of_near_duplicates(store: RunStore, tmp_path: Path) -> None:
    path = corpus(tmp_path / "corpus.jsonl")
    record = run_here(
        store,
        file=str(path),
        method="near",
        threshold=0.7,
        order="highest",
        order_column="votes",
        write_kept=True,
    )
    assert decisions(record)["decision"] == ["removed", "removed", "kept", "kept"]
    assert decisions(record)["twin"] == [2, 2, None, None]
    kept = (record.folder / "kept.jsonl").read_text().splitlines()
    assert kept == path.read_text().splitlines()[2:]
    told = summary(record)
    assert told["exact_copies"] == 1
    assert told["largest_group"] == 3
    assert told["examples"][0]["twin_says"].endswith("shore")


def test_exact_copies_of_texts_or_of_whole_rows(store: RunStore, tmp_path: Path) -> None:
    path = str(corpus(tmp_path / "corpus.jsonl"))
    assert run_here(store, file=path, method="exact", column="text").metrics["kept"].mean == 3
    assert run_here(store, file=path, method="exact").metrics["kept"].mean == 4


def vectors(n: int = 600) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 16))
    x[n // 2 :] = x[: n - n // 2] + 0.02 * rng.standard_normal((n - n // 2, 16))
    return x


def test_vectors_come_from_arrays_columns_and_files_alike(store: RunStore, tmp_path: Path) -> None:
    x = vectors()
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", label=np.arange(len(x)), embedding=x)
    pq.write_table(pa.table({"embedding": list(x), "id": range(len(x))}), tmp_path / "x.parquet")
    lines = [json.dumps({"id": i, "embedding": row.tolist()}) for i, row in enumerate(x)]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    (tmp_path / "x.csv").write_text("id\n" + "\n".join(str(i) for i in range(len(x))))
    tables = [
        decisions(run_here(store, file=str(tmp_path / name), **more))
        for name, more in [
            ("x.npy", {}),
            ("x.npz", {}),
            ("x.parquet", {}),
            ("x.jsonl", {}),
            ("x.csv", {"embedding": str(tmp_path / "x.npy")}),
        ]
    ]
    assert tables[0]["decision"] == ["kept"] * 300 + ["removed"] * 300
    assert all(table == tables[0] for table in tables[1:])


def test_images_are_compared_by_a_thumbnail(store: RunStore, tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        small = Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8))
        small.resize((64, 64)).save(folder / f"{number}.png")
        small.resize((80, 80)).save(folder / f"{number}-copy.jpg", quality=80)
    record = run_here(store, file=str(folder), threshold=0.95, write_kept=True)
    assert decisions(record)["path"][0] == "0-copy.jpg"
    assert decisions(record)["decision"] == ["kept", "removed"] * 4
    assert len(list((record.folder / "kept").iterdir())) == 4


def test_far_and_near_rows_can_be_the_ones_that_survive(store: RunStore, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", vectors())
    far, near = (
        decisions(run_here(store, file=str(tmp_path / "x.npy"), order=order))["decision"]
        for order in ("furthest", "nearest")
    )
    assert far.count("kept") == near.count("kept") == 300
    assert far[:300].count("kept") + near[:300].count("kept") == 300


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda x: x.__setitem__((7, 3), np.nan), r"row 7, column 'array': the value is nan"),
        (lambda x: x.__setitem__(9, 0.0), r"row 9, column 'array': .* zero vector"),
    ],
)
def test_vectors_without_a_direction_are_refused(
    store: RunStore, tmp_path: Path, change: Any, problem: str
) -> None:
    x = vectors()
    change(x)
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(BadInput, match=problem):
        run_here(store, file=str(tmp_path / "x.npy"))


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ([1.0], r"row 1, column 'embedding': the value has 1 numbers where the first row has 2"),
        (None, r"row 1, column 'embedding': the value is missing"),
    ],
)
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_vectors_of_mixed_length_are_refused(
    store: RunStore, tmp_path: Path, kind: str, second: Any, problem: str
) -> None:
    rows = [{"embedding": [1.0, 2.0]}, {"embedding": second}]
    path = tmp_path / f"x.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("\n".join(json.dumps(r) for r in rows))
    with pytest.raises(BadInput, match=problem):
        run_here(store, file=str(path))


def test_vectors_must_be_as_many_as_rows(store: RunStore, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", vectors(10))
    path = corpus(tmp_path / "corpus.jsonl")
    with pytest.raises(BadInput, match=r"\(10, 16\) for 4 rows"):
        run_here(store, file=str(path), embedding=str(tmp_path / "x.npy"))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"keep": 0.5, "threshold": 0.9}, "not both"),
        ({"keep": 1.5}, "neither a fraction"),
        ({"method": "exact", "threshold": 0.9}, "neither a threshold nor a size"),
        ({"order": "highest"}, "order_column goes with"),
        ({"order": "nearest", "method": "near"}, "needs centroids"),
        ({"write_kept": True}, "need a file"),
        ({"method": "near", "ray": True}, "ray spreads"),
        ({"threshold": 1.5}, "0 < threshold <= 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    values: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadInput, match=problem):
        dedup.parse(values)


class Counting:
    """An embedder that notes what it was asked, and dies at a text."""

    def __init__(self, deadly: str = "") -> None:
        self.asked: list[str] = []
        self._deadly = deadly

    def encode(self, texts: list[str]) -> np.ndarray:
        if self._deadly in texts:
            raise KeyboardInterrupt
        self.asked += texts
        return np.array([[len(t), sum(map(ord, t)) % 97, 1.0] for t in texts], np.float32)


def test_embedding_goes_on_after_a_kill(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"text {i}" for i in range(200)]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps({"text": t}) for t in texts))
    params = dedup.parse({"file": str(path)})
    record = store.submit(dedup, params, seed=0)
    first, second = Counting(deadly="text 150"), Counting()
    monkeypatch.setattr(embeddings, "embedder", lambda name: first)
    with pytest.raises(KeyboardInterrupt):
        dedup.function(params, Run(store, record.id, 0))
    assert first.asked == texts[:128]
    monkeypatch.setattr(embeddings, "embedder", lambda name: second)
    resumed = dedup.function(params, Run(store, record.id, 0))
    assert second.asked == texts[128:]
    whole = dedup.function(params, Run(store, store.submit(dedup, params, seed=0).id, 0))
    assert resumed.metrics == whole.metrics
    path.write_text(path.read_text() + '\n{"text": "new"}')
    with pytest.raises(BadInput, match="input has changed"):
        dedup.function(params, Run(store, record.id, 0))


def test_an_unknown_embedder_is_answered_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    point = type("Point", (), {"name": "minilm"})()
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point])
    with pytest.raises(BadInput, match=r"no embedder 'other'.*minilm"):
        embeddings.embedder("other")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [])
    with pytest.raises(Unavailable, match="No embedder is registered"):
        embeddings.embedder("minilm")


def test_the_embedded_model_puts_paraphrases_together(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = pytest.importorskip("knowledge.embed")
    monkeypatch.setattr(embeddings, "embedder", lambda name: knowledge.default_embedder())
    path = tmp_path / "t.csv"
    path.write_text(
        "text\nA cat sits on the mat.\nA cat is sitting on a mat.\nStocks fell today.\n"
    )
    record = run_here(store, file=str(path), threshold=0.85)
    assert decisions(record)["decision"] == ["kept", "removed", "kept"]


@pytest.fixture
def endpoint() -> Iterator[Any]:
    """An endpoint that fails once, then answers out of order."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append({"path": self.path, **body})
            if len(seen) == 1:
                self.send_error(503)
                return
            data = [
                {"index": i, "embedding": [float(len(t)), 1.0]} for i, t in enumerate(body["input"])
            ]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": data[::-1]}).encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, seen
    server.shutdown()
    server.server_close()


def test_an_endpoint_embeds_and_is_asked_again(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, seen = endpoint
    monkeypatch.setattr(embeddings, "_PAUSE", 0.0)
    address = f"http://127.0.0.1:{server.server_port}/v1"
    found = embeddings.Endpoint(address, "small").encode(["a", "bbb"])
    assert found.tolist() == [[1.0, 1.0], [3.0, 1.0]]
    assert seen[-1] == {"path": "/v1/embeddings", "model": "small", "input": ["a", "bbb"]}
    assert len(seen) == 2
    with pytest.raises(BadInput, match="name of a model"):
        embeddings.Endpoint(address, "")
