"""A small OpenAI-compatible server that answers from a script, for tests.

    with FakeOpenAI([call([("run", {"n": 3})]), say("done")]) as server:
        endpoint = Endpoint("fake-model", base_url=server.base_url, api_key="sk-test")
        ...
        assert server.chats[1]["messages"][-1]["role"] == "tool"

One entry of the script answers one chat request, in the order in which the requests arrive. An
entry is a `Step`, built by `say`, `call`, `deltas`, `slow`, `cut`, `empty`, `garbage`, `error`
(and changed by `no_usage`, `wrong_usage`, `plain`), or a function from the request's JSON to a
step. A script that is itself a function answers every request. A request beyond the script's end
is answered with status 500 and a text that says so.

Streaming or not follows the request's `stream` field; `plain(step)` never streams.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

USAGE: dict[str, Any] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
"""What every answer reports as its usage unless a step says otherwise."""

ANSWER = "{answer}"
"""Stands for the number of the answer in the ids of tool calls; the server puts it in."""


@dataclass(frozen=True)
class Step:
    """How one chat request is answered.

    Attributes:
        deltas: the `delta` objects of the stream, one event each.
        finish: the finish reason; None sends none.
        usage: the `usage` value; None leaves it out.
        ending: `whole`, `cut` (the socket is closed in mid-stream) or `unfinished` (the stream
            ends in good order but without finish reason, usage and `[DONE]`).
        pause: seconds before each event.
        streams: False answers with plain JSON even when a stream is asked for.
        status, body, headers: the answer is this HTTP response instead when body is not None.
    """

    deltas: tuple[dict[str, Any], ...] = ()
    finish: str | None = "stop"
    usage: Any = field(default_factory=lambda: dict(USAGE))
    ending: str = "whole"
    pause: float = 0.0
    streams: bool = True
    status: int = 200
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Reaction = Callable[[dict[str, Any]], Step]
Script = Sequence[Step | Reaction] | Reaction
CallSpec = tuple[str, dict[str, Any] | str]


def say(text: str, *, finish: str = "stop") -> Step:
    """Answers with a text, streamed word by word."""
    return Step(tuple({"content": piece} for piece in _pieces(text)), finish)


def call(
    calls: Sequence[CallSpec], *, text: str = "", finish: str = "tool_calls", ids: bool = True
) -> Step:
    """Answers with parallel tool calls, their arguments streamed in turns of five characters.

    Arguments are a dictionary or a raw text, which need not be JSON. The server gives call m of
    its n-th answer the id `call_n_m`, both counted from 1, unless `ids=False` leaves ids out.
    """
    opening: list[dict[str, Any]] = [{"content": piece} for piece in _pieces(text)]
    arguments: list[list[str]] = []
    for index, (name, given) in enumerate(calls):
        raw = given if isinstance(given, str) else json.dumps(given)
        arguments.append([raw[at : at + 5] for at in range(0, len(raw), 5)])
        entry: dict[str, Any] = {"index": index, "type": "function"}
        entry["function"] = {"name": name, "arguments": ""}
        if ids:
            entry["id"] = f"call_{ANSWER}_{index + 1}"
        opening.append({"tool_calls": [entry]})
    turns = max((len(pieces) for pieces in arguments), default=0)
    rest = [
        {"tool_calls": [{"index": index, "function": {"arguments": pieces[turn]}}]}
        for turn in range(turns)
        for index, pieces in enumerate(arguments)
        if turn < len(pieces)
    ]
    return Step((*opening, *rest), finish)


def deltas(events: Sequence[dict[str, Any]], *, finish: str | None = "stop") -> Step:
    """Answers with exactly these `delta` objects, for servers with habits of their own."""
    return Step(tuple(events), finish)


def slow(text: str, seconds_per_token: float) -> Step:
    """Answers with a text, waiting before each word."""
    return replace(say(text), pause=seconds_per_token)


def cut(text: str, *, politely: bool = False) -> Step:
    """Sends a text and then closes the socket, or, politely, just ends the stream too early."""
    return replace(say(text), ending="unfinished" if politely else "cut", finish=None)


def empty() -> Step:
    """Answers without any choices."""
    return Step(finish=None)


def garbage(body: str = "data: {not json\n\n", content_type: str = "text/event-stream") -> Step:
    """Answers with status 200 and a body that is not what was asked for."""
    return Step(body=body, headers={"Content-Type": content_type})


def error(
    status: int,
    body: str | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Step:
    """Answers with an HTTP error; a body without `error` in it is sent as it is."""
    if body is None:
        body = {"error": {"message": f"fake error {status}", "type": "fake", "code": None}}
    text = body if isinstance(body, str) else json.dumps(body)
    return Step(status=status, body=text, headers=headers or {})


def no_usage(step: Step) -> Step:
    """Leaves the usage out of a step."""
    return replace(step, usage=None)


def wrong_usage(step: Step, usage: Any = None) -> Step:
    """Reports nonsense as the usage of a step."""
    nonsense = {"prompt_tokens": -3, "completion_tokens": "many"}
    return replace(step, usage=nonsense if usage is None else usage)


def plain(step: Step) -> Step:
    """Answers with plain JSON even when a stream is asked for."""
    return replace(step, streams=False)


@dataclass(frozen=True)
class Recorded:
    """One request as it came: header names are in lower case, json is None without a body."""

    method: str
    path: str
    headers: dict[str, str]
    json: Any


class FakeOpenAI:
    """The server; runs in a thread of its own between `__enter__` and `__exit__`.

    Attributes:
        base_url: what to give to a client, ending in `/v1`.
        requests: every request, in the order of arrival.
        models: the ids that `/v1/models` lists; None answers 404 there.
        key: when not None, any other bearer key is answered with 401.
        disconnects: how many clients went away in the middle of an answer.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        models: Sequence[str] | None = ("fake-model", "other-model"),
        key: str | None = None,
    ) -> None:
        self._script = script if callable(script) else list(script)
        self._taken = 0
        self._changed = threading.Condition()
        self.closing = threading.Event()
        self.models = models
        self.key = key
        self.requests: list[Recorded] = []
        self.disconnects = 0
        self.answering = 0
        self._server = _Server(self)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def chats(self) -> list[dict[str, Any]]:
        """The JSON bodies of the chat requests, in the order of arrival."""
        return [r.json for r in self.requests if r.path.endswith("/chat/completions")]

    @property
    def steps_left(self) -> int:
        """How many entries of the script were not used; 0 for a script that is a function."""
        return 0 if callable(self._script) else max(0, len(self._script) - self._taken)

    def wait_until_idle(self, seconds: float = 5.0) -> bool:
        """Waits until no answer is being sent; returns whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.answering == 0, seconds)

    def record(self, request: Recorded) -> None:
        """Remembers a request."""
        with self._changed:
            self.requests.append(request)

    def count(self, answering: int = 0, disconnects: int = 0) -> None:
        """Counts answers that begin or end, and clients that went away."""
        with self._changed:
            self.answering += answering
            self.disconnects += disconnects
            self._changed.notify_all()

    def next_step(self, request: dict[str, Any]) -> Step:
        """Takes the step that answers a chat request."""
        with self._changed:
            self._taken += 1
            number = self._taken
        if callable(self._script):
            return _numbered(self._script(request), number)
        if number > len(self._script):
            return error(500, f"FakeOpenAI: the script ended after {len(self._script)} answers")
        entry = self._script[number - 1]
        return _numbered(entry(request) if callable(entry) else entry, number)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeOpenAI) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Many small writes: without this each one waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""

    def do_GET(self) -> None:
        self._record(None)
        if not self._has_right_key():
            return
        models = self.server.fake.models
        if not self.path.endswith("/models") or models is None:
            self._send(404, json.dumps({"error": {"message": f"no route {self.path}"}}))
            return
        listed = [{"id": name, "object": "model"} for name in models]
        self._send(200, json.dumps({"object": "list", "data": listed}))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self._record(request)
        if not self._has_right_key():
            return
        if not self.path.endswith("/v1/chat/completions"):
            self._send(404, json.dumps({"error": {"message": f"no route {self.path}"}}))
            return
        fake = self.server.fake
        fake.count(answering=1)
        try:
            self._answer(fake.next_step(request), request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            fake.count(disconnects=1)
        finally:
            fake.count(answering=-1)

    def _record(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.fake.record(Recorded(self.command, self.path, headers, body))

    def _has_right_key(self) -> bool:
        key = self.server.fake.key
        given = self.headers.get("Authorization", "")
        if key is None or given == f"Bearer {key}":
            return True
        # Some servers echo the key; a client must not pass that on.
        text = f"Incorrect API key provided: {given.removeprefix('Bearer ')}."
        self._send(401, json.dumps({"error": {"message": text, "code": "invalid_api_key"}}))
        return False

    def _answer(self, step: Step, request: dict[str, Any]) -> None:
        if step.body is not None:
            self._send(step.status, step.body, step.headers)
        elif step.streams and request.get("stream"):
            self._stream(step, request)
        else:
            text = json.dumps(_completion(step, request))
            self._send(200, text, send=len(text) if step.ending == "whole" else len(text) // 2)

    def _send(
        self,
        status: int,
        text: str,
        headers: Mapping[str, str] | None = None,
        send: int | None = None,
    ) -> None:
        """Sends a whole response, or announces all of it and hangs up after `send` bytes."""
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:send])
        if send is not None and send < len(data):
            self._hang_up()

    def _stream(self, step: Step, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in _events(step, request):
            # Waiting on the event instead of sleeping lets a test leave without waiting.
            if step.pause and self.server.fake.closing.wait(step.pause):
                self._hang_up()
                return
            data = f"data: {event}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if step.ending == "cut":
            self._hang_up()
            return
        self.wfile.write(b"0\r\n\r\n")

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _events(step: Step, request: dict[str, Any]) -> Iterator[str]:
    """Yields the data of each event of a stream."""
    envelope = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 0}
    envelope["model"] = request.get("model")

    def event(choices: list[dict[str, Any]], **more: Any) -> str:
        return json.dumps({**envelope, "choices": choices, **more})

    for delta in step.deltas:
        yield event([{"index": 0, "delta": delta, "finish_reason": None}])
    if step.ending != "whole":
        return
    if step.finish is not None:
        yield event([{"index": 0, "delta": {}, "finish_reason": step.finish}])
    options = request.get("stream_options") or {}
    if step.usage is not None and options.get("include_usage"):
        yield event([], usage=step.usage)
    yield "[DONE]"


def _completion(step: Step, request: dict[str, Any]) -> dict[str, Any]:
    """Returns the plain answer that a step's deltas add up to."""
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    calls: dict[int, dict[str, Any]] = {}
    for delta in step.deltas:
        message["content"] += delta.get("content") or ""
        for entry in delta.get("tool_calls") or ():
            whole = calls.setdefault(
                entry["index"], {"type": "function", "function": {"name": "", "arguments": ""}}
            )
            if "id" in entry:
                whole["id"] = entry["id"]
            for part, piece in entry["function"].items():
                whole["function"][part] += piece
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    choice = {"index": 0, "message": message, "finish_reason": step.finish}
    answer: dict[str, Any] = {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model"),
        "choices": [choice] if step.deltas or step.finish else [],
    }
    if step.usage is not None:
        answer["usage"] = step.usage
    return answer


def _numbered(step: Step, number: int) -> Step:
    """Puts the number of the answer into the ids of the step's tool calls."""

    def numbered(delta: dict[str, Any]) -> dict[str, Any]:
        entries = delta.get("tool_calls")
        if not entries:
            return delta
        return {**delta, "tool_calls": [with_id(entry) for entry in entries]}

    def with_id(entry: dict[str, Any]) -> dict[str, Any]:
        given = entry.get("id")
        return {**entry, "id": given.replace(ANSWER, str(number))} if given else entry

    return replace(step, deltas=tuple(numbered(delta) for delta in step.deltas))


def _pieces(text: str) -> list[str]:
    """Cuts a text into words that keep the blank after them."""
    return [word for word in text.replace(" ", " \0").split("\0") if word]
