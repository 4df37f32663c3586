"""The endpoint against a local fake server: what it sends, survives, counts and says."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fakes.openai_server import (
    FakeOpenAI,
    Script,
    Step,
    call,
    cut,
    deltas,
    empty,
    error,
    garbage,
    no_usage,
    plain,
    say,
    slow,
    wrong_usage,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.endpoint import Endpoint
from agent.endpoint.draft import Draft
from agent.messages import (
    ChatModel,
    Message,
    ModelError,
    Reply,
    ToolCall,
    ToolSpec,
    assistant,
    tool_result,
    user,
)
from tools.errors import BadInput

KEY = "sk-test-0123456789abcdef"
RUN = ToolSpec("run", "Runs.", {"type": "object", "properties": {"n": {"type": "integer"}}})
QUESTION = [user("what is six times seven?")]


class Session:
    """An endpoint on a fake server, with everything that it did."""

    def __init__(self, script: Script, **options: Any) -> None:
        self.server = FakeOpenAI(script, **options.pop("server", {}))
        self.waits: list[float] = []
        self.shown: list[str] = []
        self.options: dict[str, Any] = {"api_key": KEY, "rng": random.Random(1), **options}

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def endpoint(self) -> Endpoint:
        options = {"base_url": self.server.base_url, "sleep": self._sleep, **self.options}
        return Endpoint("fake-model", **options)

    def ask(
        self, messages: Sequence[Message] = QUESTION, tools: Sequence[ToolSpec] = (RUN,)
    ) -> Reply:
        async def go() -> Reply:
            endpoint = self.endpoint()
            try:
                return await endpoint.reply(messages, tools, self.shown.append)
            finally:
                await endpoint.close()

        with self.server:
            return asyncio.run(go())

    def fails(self) -> ModelError:
        with pytest.raises(ModelError) as caught:
            self.ask()
        return caught.value


def names_and_arguments(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    return [(c.name, c.arguments) for c in reply.calls]


# What is sent and received when all is well.


def test_importing_the_endpoint_does_not_import_the_sdk() -> None:
    code = "import sys, agent.endpoint; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_endpoint_is_a_chat_model() -> None:
    model = Endpoint("m", base_url="http://localhost:1/v1", api_key="")
    assert isinstance(model, ChatModel)
    assert (model.name, model.offline) == ("m", False)


def test_text_is_shown_piece_by_piece_and_returned_whole() -> None:
    session = Session([say("it is forty two")])
    reply = session.ask()
    assert session.shown == ["it ", "is ", "forty ", "two"]
    assert (reply.text, reply.finish, reply.model) == ("it is forty two", "stop", "fake-model")
    assert reply.notices == ()


def test_the_request_carries_model_messages_tools_and_the_key() -> None:
    session = Session([say("ok")], temperature=0.25)
    session.ask()
    (request,) = session.server.requests
    assert request.json == {
        "model": "fake-model",
        "messages": QUESTION,
        "tools": [RUN.as_openai()],
        "temperature": 0.25,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_neither_tools_nor_temperature_are_sent_when_there_are_none() -> None:
    session = Session([say("ok")])
    session.ask(tools=())
    assert not {"tools", "temperature"} & session.server.chats[0].keys()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_an_endpoint_may_be_used_again_after_close_and_in_another_event_loop() -> None:
    async def go(endpoint: Endpoint) -> list[str]:
        texts = []
        for _ in range(2):
            await endpoint.close()
            texts.append((await endpoint.reply(QUESTION, (), lambda piece: None)).text)
        return texts

    session = Session([say("one"), say("two"), say("three"), say("four")])
    endpoint = session.endpoint()
    with session.server:
        assert asyncio.run(go(endpoint)) == ["one", "two"]
        # The connection of the first loop was left open and died with it.
        assert endpoint_text(endpoint) == "three"


def endpoint_text(endpoint: Endpoint) -> str:
    """Asks in an event loop of its own, without closing what an earlier loop left behind."""

    async def go() -> str:
        reply = await endpoint.reply(QUESTION, (), lambda piece: None)
        await endpoint.close()
        return reply.text if not reply.notices else str(reply.notices)

    return asyncio.run(go())


def test_a_refusal_becomes_the_text() -> None:
    reply = Session([deltas([{"refusal": "I will "}, {"refusal": "not."}])]).ask()
    assert reply.text == "I will not."


def test_reasoning_is_left_out_of_the_text() -> None:
    reply = Session([deltas([{"reasoning_content": "hm"}, {"content": "yes"}])]).ask()
    assert reply.text == "yes"


@pytest.mark.parametrize(
    ("sent", "finish"), [("length", "length"), ("stop", "stop"), ("eos_token", "stop")]
)
def test_the_finish_reason_is_reported(sent: str, finish: str) -> None:
    assert Session([say("cut off by the lim", finish=sent)]).ask().finish == finish


def test_a_content_filter_and_an_empty_answer_are_announced() -> None:
    assert "content filter" in Session([say("I", finish="content_filter")]).ask().notices[0]
    assert "empty" in Session([say("")]).ask().notices[0]


# Tool calls.


def test_parallel_calls_streamed_in_turns_are_assembled() -> None:
    step = call([("run", {"n": 12345}), ("compare", {"metrics": ["el2n", "grand"]})], text="both")
    reply = Session([step]).ask()
    assert reply.calls == (
        ToolCall("call_1_1", "run", {"n": 12345}, '{"n": 12345}'),
        ToolCall(
            "call_1_2",
            "compare",
            {"metrics": ["el2n", "grand"]},
            '{"metrics": ["el2n", "grand"]}',
        ),
    )
    assert (reply.text, reply.finish) == ("both", "tool_calls")


def test_calls_count_even_when_the_server_says_stop() -> None:
    assert Session([call([("run", {})], finish="stop")]).ask().finish == "tool_calls"


def test_a_call_cut_off_by_the_length_limit_is_reported_as_length_and_unreadable() -> None:
    reply = Session([call([("run", '{"n": 1')], finish="length")]).ask()
    assert reply.finish == "length"
    assert reply.calls[0].error is not None


@pytest.mark.parametrize("raw", ["{n: 1}", "[1]", "7", '"n"', '{"n": NaN}', "[" * 100_000])
def test_arguments_that_are_no_json_object_are_an_error_of_the_call(raw: str) -> None:
    (made,) = Session([deltas([{"tool_calls": [entry(0, "a", "run", raw)]}])]).ask().calls
    assert made.arguments == {}
    assert made.raw == raw
    assert made.error is not None
    assert made.error.startswith("the arguments are")


def test_a_call_without_argument_text_has_no_arguments() -> None:
    (made,) = Session([call([("run", "")])]).ask().calls
    assert made == ToolCall("call_1_1", "run", {}, "{}")


def test_missing_ids_are_made_from_the_position_and_differ_between_turns() -> None:
    def both(request: dict[str, Any]) -> Step:
        return call([("run", {"n": 1}), ("run", {"n": 2})], ids=False)

    first = Session(both).ask().calls
    again = Session(both).ask().calls
    history = [*QUESTION, assistant("", first), *(tool_result(c.id, c.name, "1") for c in first)]
    later = Session(both).ask(history).calls
    assert [c.id for c in first] == ["call_1_0", "call_1_1"]
    assert again == first
    assert not {c.id for c in first} & {c.id for c in later}


def test_an_id_that_the_conversation_has_used_is_replaced() -> None:
    step = deltas([{"tool_calls": [entry(0, "c0", "run", "{}"), entry(1, "c0", "run", "{}")]}])
    history = [*QUESTION, assistant("", [ToolCall("c0", "run", {}, "{}")])]
    ids = [c.id for c in Session([step]).ask(history).calls]
    assert len({*ids, "c0"}) == 3


def test_an_id_made_from_the_position_is_unique_too() -> None:
    history = [*QUESTION, assistant("", [ToolCall("call_2_0", "run", {}, "{}")])]
    (made,) = Session([call([("run", {})], ids=False)]).ask(history).calls
    assert made.id.startswith("call_2_0")
    assert made.id != "call_2_0"


def test_another_id_begins_another_call_even_after_malformed_arguments() -> None:
    step = deltas([{"tool_calls": [entry(0, "a", "run", "{n")]},
                   {"tool_calls": [entry(0, "b", "run", '{"n": 2}')]}])  # fmt: skip
    first, second = Session([step]).ask().calls
    assert (first.raw, second.arguments) == ("{n", {"n": 2})


def test_the_name_of_an_unknown_tool_repeated_with_its_arguments_is_read_once() -> None:
    pieces = ['{"n"', ": 1}"]
    step = deltas([{"tool_calls": [entry(0, "a", "nope", piece)]} for piece in pieces])
    assert names_and_arguments(Session([step]).ask()) == [("nope", {"n": 1})]


def test_a_second_choice_is_not_woven_into_the_first() -> None:
    choices = [
        {"index": index, "delta": {"content": text}, "finish_reason": "stop"}
        for index, text in enumerate(["one", "two"])
    ]
    assert Session([garbage(f"data: {json.dumps({'choices': choices})}\n\n")]).ask().text == "one"


def entry(index: int | None, id_: str | None, name: str | None, raw: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"function": {"name": name, "arguments": raw}}
    if index is not None:
        made["index"] = index
    if id_ is not None:
        made["id"] = id_
    return made


TWO = [("run", {"n": 1}), ("run", {"n": 2})]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(
            [[entry(0, "a", "run", '{"n": 1}'), entry(1, "b", "run", '{"n": 2}')]], id="one chunk"
        ),
        pytest.param(
            [[entry(0, "a", "run", '{"n": 1}')], [entry(0, "b", "run", '{"n": 2}')]],
            id="same index, other id",
        ),
        pytest.param(
            [[entry(0, None, "run", '{"n": 1}')], [entry(0, None, "run", '{"n": 2}')]],
            id="same index, no ids",
        ),
        pytest.param(
            [[entry(None, None, "run", '{"n": 1}'), entry(None, None, "run", '{"n": 2}')]],
            id="no index, no ids",
        ),
        pytest.param(
            [[entry(1, "b", "run", '{"n": 2}')], [entry(0, "a", "run", '{"n": 1}')]],
            id="second call first",
        ),
        pytest.param(
            [
                [entry(0, "a", "run", "")],
                [entry(0, "a", "run", '{"n"')],
                [entry(0, "a", "run", ": 1}")],
                [entry(1, "b", "run", '{"n": 2}')],
            ],
            id="id and name repeated with each piece",
        ),
        pytest.param(
            [
                [entry(0, "a", "r", None), entry(1, "b", "ru", None)],
                [entry(0, None, "un", '{"n":'), entry(1, None, "n", '{"n":')],
                [entry(1, None, None, " 2}"), entry(0, "", None, " 1}")],
            ],
            id="names in pieces",
        ),
        pytest.param(
            [[entry(0, "a", "run", {"n": 1}), entry(1, "b", "run", {"n": 2})]],
            id="arguments as an object",
        ),
        pytest.param(
            [
                [entry(0, "a", "run", '{"n": 1}'), entry(1, "b", "run", '{"n": 2}')],
                [{"index": 2, "function": None}],
            ],
            id="an empty entry",
        ),
    ],
)
def test_servers_with_habits_of_their_own_give_the_same_calls(events: list[Any]) -> None:
    reply = Session([deltas([{"tool_calls": each} for each in events])]).ask()
    assert names_and_arguments(reply) == TWO


def test_arguments_that_a_server_could_choke_on_are_sent_back_wrapped() -> None:
    session = Session([say("sorry")])
    bad = ToolCall("a", "run", {}, "{n: 1", "not JSON")
    good = ToolCall("b", "run", {"n": 1}, '{"n": 1}')
    session.ask([*QUESTION, assistant("", [bad, good])])
    sent = [
        c["function"]["arguments"] for c in session.server.chats[0]["messages"][1]["tool_calls"]
    ]
    assert [json.loads(text) for text in sent] == [{"unreadable": "{n: 1"}, {"n": 1}]


@st.composite
def cut_calls(draw: st.DrawFn) -> tuple[list[tuple[str, str, str]], list[dict[str, Any]]]:
    """Draws calls (id, name, argument text) and some way of streaming them."""
    names = st.sampled_from(["run", "run_all", "pruning.compare", "a"])
    values = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=9), max_size=3)
    ids = draw(st.sampled_from(["none", "first", "every"]))
    calls, queues = [], []
    for index in range(draw(st.integers(1, 4))):
        name, raw = draw(names), json.dumps(draw(values), ensure_ascii=draw(st.booleans()))
        calls.append((f"id{index}" if ids != "none" else "", name, raw))
        pieces = [(p, "") for p in draw(cuts(name))] + [("", p) for p in draw(cuts(raw))]
        queues.append(
            [
                entry(index, f"id{index}" if ids == "every" or (ids == "first" and not n) else None,
                      name_piece or None, raw_piece)
                for n, (name_piece, raw_piece) in enumerate(pieces)
            ]
        )  # fmt: skip
    events: list[dict[str, Any]] = []
    while any(queues):
        chosen = draw(st.lists(st.sampled_from([q for q in queues if q]), min_size=1, max_size=3))
        events.append({"tool_calls": [q.pop(0) for q in chosen if q]})
    return calls, events


def cuts(text: str) -> st.SearchStrategy[list[str]]:
    """Draws ways of cutting a text into pieces, empty ones included."""

    def pieces(points: list[int]) -> list[str]:
        edges = [0, *sorted(points), len(text)]
        return [text[a:b] for a, b in itertools.pairwise(edges)]

    return st.lists(st.integers(0, len(text)), max_size=5).map(pieces)


@settings(max_examples=200, deadline=None)
@given(cut_calls())
def test_any_way_of_cutting_the_stream_gives_the_same_calls(
    drawn: tuple[list[tuple[str, str, str]], list[dict[str, Any]]],
) -> None:
    calls, events = drawn
    draft = Draft(["run", "run_all", "pruning.compare", "a"])
    for delta in events:
        draft.add({"choices": [{"index": 0, "delta": delta}]})
    expected = [
        ToolCall(id_ or f"call_0_{position}", name, json.loads(raw), raw)
        for position, (id_, name, raw) in enumerate(calls)
    ]
    assert list(draft.tool_calls()) == expected


# Failures that another attempt mends.


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(error(429), id="429"),
        pytest.param(error(408), id="408"),
        pytest.param(error(409), id="409"),
        pytest.param(error(500, "<h1>oops</h1>"), id="500"),
        pytest.param(error(503), id="503"),
        pytest.param(error(429, {"error": {"message": "too many tokens a minute"}}), id="tokens"),
        pytest.param(empty(), id="no choices"),
        pytest.param(plain(empty()), id="no choices, plain"),
        pytest.param(cut("for"), id="cut"),
        pytest.param(cut("for", politely=True), id="cut politely"),
        pytest.param(plain(cut("for")), id="cut, plain"),
        pytest.param(garbage(), id="garbage"),
        pytest.param(garbage("\xff\xfe", "text/event-stream"), id="no events"),
        pytest.param(garbage("{", "application/json"), id="garbage, plain"),
        pytest.param(garbage("data: 7\n\n"), id="a number"),
        pytest.param(garbage('data: {"choices": [7, {"delta": 3}]}\n\n'), id="wrong types"),
        pytest.param(garbage('data: {"error": {"message": "busy"}}\n\n'), id="error in stream"),
        pytest.param(say("for", finish="error"), id="finished with error"),
        pytest.param(
            garbage('{"error": {"message": "busy", "code": 502}}', "application/json"),
            id="error in a plain answer",
        ),
    ],
)
def test_a_passing_failure_is_tried_again_and_announced(failing: Step) -> None:
    session = Session([failing, say("forty two")])
    reply = session.ask()
    assert reply.text == "forty two"
    assert reply.usage.requests == len(session.server.chats) == 2
    assert len(session.waits) == 1
    assert len(reply.notices) == 1
    assert "attempt 1 of 5 failed" in reply.notices[0]


@pytest.mark.parametrize(
    ("failing", "reason"),
    [
        (empty(), "no choices"),
        (cut("for", politely=True), "ended before the answer did"),
        (garbage(), "not readable"),
        (garbage('data: {"error": {"message": "busy"}}\n\n'), "busy"),
        (garbage('{"error": {"message": "busy", "code": 502}}', "application/json"), "HTTP 502"),
    ],
)
def test_the_notice_of_a_retry_says_why(failing: Step, reason: str) -> None:
    assert reason in Session([failing, say("ok")]).ask().notices[0]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"code": 401, "message": "no"}, "refused the key"),
        ({"type": "invalid_request_error", "message": "no"}, "rejected the request"),
    ],
)
def test_an_error_in_the_stream_that_is_final_is_not_tried_again(
    told: dict[str, Any], words: str
) -> None:
    session = Session([garbage(f"data: {json.dumps({'error': told})}\n\n")])
    assert words in session.fails().problem
    assert session.waits == []


def test_half_an_answer_is_never_part_of_the_reply() -> None:
    session = Session([cut("the answer is"), say("forty two")])
    reply = session.ask()
    assert "".join(session.shown) == "the answer isforty two"
    assert reply.text == "forty two"
    assert "13 characters shown before that are void" in reply.notices[0]


def test_half_a_tool_call_is_never_part_of_the_reply() -> None:
    half = deltas([{"tool_calls": [entry(0, "x", "run", "{}")]}], finish=None)
    reply = Session([half, call([("run", {"n": 1})])]).ask()
    assert names_and_arguments(reply) == [("run", {"n": 1})]


def test_an_answer_is_whole_when_the_connection_breaks_after_its_end() -> None:
    event = {"choices": [{"index": 0, "delta": {"content": "all"}, "finish_reason": "stop"}]}
    session = Session([garbage(f"data: {json.dumps(event)}\n\ndata: {{not json\n\n")])
    reply = session.ask()
    assert (reply.text, reply.usage.requests) == ("all", 1)
    assert "estimated" in reply.notices[0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "3600"}, 60.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:10 GMT"}, 10.0),
    ],
)
def test_the_server_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    session = Session([error(429, headers=headers), say("ok")], clock=lambda: 60.0)
    session.ask()
    assert session.waits == [seconds]


@pytest.mark.parametrize("nonsense", ["-5", "nan", "soon", ""])
def test_a_senseless_retry_after_is_ignored(nonsense: str) -> None:
    session = Session([error(503, headers={"Retry-After": nonsense}), say("ok")])
    session.ask()
    assert 0.25 <= session.waits[0] <= 0.5


def test_waits_grow_with_a_jitter_that_the_seed_decides() -> None:
    def waits(seed: int) -> list[float]:
        session = Session([error(500)] * 4 + [say("ok")], rng=random.Random(seed))
        session.ask()
        return session.waits

    assert waits(1) == waits(1) != waits(2)
    bounds = [(0.25, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0)]
    assert all(low <= w <= high for w, (low, high) in zip(waits(3), bounds, strict=True))


def test_giving_up_names_the_last_failure_and_a_remedy() -> None:
    session = Session([error(503, {"error": {"message": "overloaded"}})] * 9, max_attempts=3)
    failure = session.fails()
    assert "no answer in 3 attempts" in failure.problem
    assert "HTTP 503: overloaded" in failure.problem
    assert failure.remedy
    assert len(session.server.chats) == 3
    assert len(session.waits) == 2


def test_a_server_that_is_not_there_is_tried_again_and_named() -> None:
    session = Session([], base_url="http://127.0.0.1:9/v1", max_attempts=2)
    failure = session.fails()
    assert "http://127.0.0.1:9/v1" in failure.problem
    assert "OPENAI_BASE_URL" in failure.remedy
    assert len(session.waits) == 1


def test_a_server_that_falls_silent_is_tried_again() -> None:
    session = Session([slow("one two", 30), say("ok")], timeout=0.2)
    assert "timed out" in session.ask().notices[0].lower()


# Failures that another attempt would not mend.


def test_a_wrong_key_is_not_tried_again_and_never_shown() -> None:
    session = Session([say("never")], server={"key": "another-key"})
    failure = session.fails()
    assert "OPENAI_API_KEY" in failure.problem
    assert "[key]" in failure.problem
    assert len(session.server.requests) == 1
    shown = f"{failure!r} {failure} {failure.__context__!r} {failure.__cause__!r}"
    assert KEY not in shown


@pytest.mark.parametrize("status", [403, 400, 500])
def test_the_key_is_cut_out_of_every_error_text(status: int) -> None:
    masked = f"key {KEY}, sk-other-key-123456, sk-****cdef, Bearer abcdefghijklmnop"
    session = Session([error(status, {"error": {"message": masked}})] * 2, max_attempts=2)
    failure = session.fails()
    assert "key [key], [key], [key] Bearer [key]" in str(failure)


def test_the_key_is_cut_out_of_notices_and_a_dummy_key_spares_other_words() -> None:
    step = error(500, {"error": {"message": "x is no key for example"}})
    session = Session([step, say("ok")], api_key="x")
    assert "[key] is no key for example" in session.ask().notices[0]


def test_an_unknown_model_brings_the_list_of_known_ones() -> None:
    session = Session([error(404, {"error": {"message": "no such model"}})])
    failure = session.fails()
    assert "fake-model" in failure.problem
    assert "it offers: fake-model, other-model." in failure.remedy
    assert len(session.server.chats) == 1


def test_an_unknown_model_is_an_error_also_when_the_endpoint_lists_none() -> None:
    session = Session([error(404)], server={"models": None})
    assert "/v1" in session.fails().remedy


def test_a_web_page_points_to_the_base_url() -> None:
    session = Session([garbage("<html></html>", "text/html; charset=utf-8")])
    assert "usually ends in /v1" in session.fails().remedy


@pytest.mark.parametrize(
    "step",
    [
        error(400, {"error": {"message": "too long", "code": "context_length_exceeded"}}),
        error(400, {"error": {"message": "This model's maximum context length is 8192 tokens"}}),
        error(413, "payload too large"),
        error(500, {"error": {"message": "the request exceeds the available context size"}}),
        error(429, {"error": {"message": "Request too large for fake-model on tokens per min"}}),
        garbage('data: {"error": {"message": "x", "code": "context_length_exceeded"}}\n\n'),
    ],
)
def test_a_conversation_that_is_too_long_names_the_remedy(step: Step) -> None:
    session = Session([step])
    failure = session.fails()
    assert "too long for fake-model" in failure.problem
    assert "new thread" in failure.remedy
    assert session.waits == []


@pytest.mark.parametrize("where", ["code", "type"])
def test_an_empty_account_is_not_tried_again(where: str) -> None:
    session = Session(
        [error(429, {"error": {"message": "no credit", where: "insufficient_quota"}})]
    )
    assert "quota" in session.fails().problem
    assert len(session.server.chats) == 1


def test_another_rejection_is_passed_on_with_the_server_s_words() -> None:
    session = Session([error(400, {"detail": "temperature must be 1"})])
    assert "(HTTP 400: temperature must be 1)" in session.fails().problem
    session = Session([error(400, {"error": {"message": "m does not support tools"}})])
    assert "call tools" in session.fails().remedy


# Servers that can do less.


def test_stream_options_are_left_out_for_good_when_rejected() -> None:
    def picky(request: dict[str, Any]) -> Step:
        if "stream_options" in request:
            return error(400, {"error": {"message": "Unknown field: stream_options"}})
        return say("ok")

    async def twice(endpoint: Endpoint) -> list[Reply]:
        replies = [await endpoint.reply(QUESTION, (), lambda piece: None) for _ in range(2)]
        await endpoint.close()
        return replies

    session = Session(picky)
    with session.server:
        first, second = asyncio.run(twice(session.endpoint()))
    assert (first.text, first.usage.requests, second.usage.requests) == ("ok", 2, 1)
    assert "stream_options" in first.notices[0]
    assert session.waits == []


def test_an_endpoint_that_may_not_stream_is_asked_for_a_whole_answer() -> None:
    def picky(request: dict[str, Any]) -> Step:
        if "stream" in request:
            body = {"message": "must be verified to stream this model", "param": "stream"}
            return error(400, {"error": body})
        return call([("run", {"n": 1})], text="here")

    session = Session(picky)
    reply = session.ask()
    assert (reply.text, names_and_arguments(reply)) == ("here", [("run", {"n": 1})])
    assert session.shown == ["here"]


def test_a_whole_answer_is_read_whatever_its_content_type() -> None:
    message = {"message": {"content": "here"}, "finish_reason": "stop"}

    def picky(request: dict[str, Any]) -> Step:
        if "stream" in request:
            return error(400, {"error": {"message": "streaming is not supported"}})
        return garbage(json.dumps({"choices": [message]}), "text/plain")

    assert Session(picky).ask().text == "here"


def test_a_plain_answer_to_a_streaming_request_is_understood() -> None:
    session = Session([plain(call([("run", {"n": 1}), ("run", {"n": 2})], text="both"))])
    reply = session.ask()
    assert (reply.text, reply.finish) == ("both", "tool_calls")
    assert names_and_arguments(reply) == TWO
    assert (reply.usage.input_tokens, reply.notices) == (100, ())


# Counting.


def test_usage_and_price_are_counted() -> None:
    usage = Session([say("ok")], price=(0.15, 0.60)).ask().usage
    assert (usage.input_tokens, usage.output_tokens, usage.requests) == (100, 20, 1)
    assert usage.dollars == pytest.approx((100 * 0.15 + 20 * 0.60) / 1e6)


def test_dollars_are_unknown_without_a_price() -> None:
    assert Session([say("ok")]).ask().usage.dollars is None


@pytest.mark.parametrize(
    "change",
    [
        no_usage,
        wrong_usage,
        lambda step: wrong_usage(step, {"prompt_tokens": None, "completion_tokens": None}),
        lambda step: wrong_usage(step, {"prompt_tokens": True, "completion_tokens": 1.5}),
        lambda step: wrong_usage(step, "free"),
        lambda step: plain(no_usage(step)),
    ],
)
def test_unusable_usage_is_estimated_and_said_so(change: Callable[[Step], Step]) -> None:
    reply = Session([change(say("x" * 400))]).ask()
    assert reply.usage.output_tokens == 100
    assert 20 < reply.usage.input_tokens < 200
    assert "estimated" in reply.notices[0]


# Cancellation and callbacks.


def test_cancelling_closes_the_connection() -> None:
    session = Session([slow("word " * 1000, 0.02)])

    async def go() -> bool:
        endpoint = session.endpoint()
        begun = asyncio.Event()
        task = asyncio.create_task(endpoint.reply(QUESTION, (), lambda piece: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Before `close`, so that it is the cancelled request that let go.
        idle = await asyncio.to_thread(session.server.wait_until_idle)
        await endpoint.close()
        return idle

    with session.server:
        assert asyncio.run(go())
    assert session.server.disconnects == 1


def test_an_error_of_the_listener_is_not_mistaken_for_one_of_the_server() -> None:
    session = Session([say("one two"), say("again")])

    def listener(piece: str) -> None:
        raise ValueError("terminal is gone")

    async def go() -> None:
        endpoint = session.endpoint()
        try:
            await endpoint.reply(QUESTION, (), listener)
        finally:
            await endpoint.close()

    with session.server, pytest.raises(ValueError, match="terminal is gone"):
        asyncio.run(go())
    assert len(session.server.chats) == 1


# Probe.


def probe(session: Session) -> list[str]:
    async def go() -> list[str]:
        endpoint = session.endpoint()
        try:
            return await endpoint.probe()
        finally:
            await endpoint.close()

    with session.server:
        return asyncio.run(go())


def test_probe_lists_the_models() -> None:
    assert probe(Session([], server={"models": ["b", "a"]})) == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"server": {"key": "another"}}, "OPENAI_API_KEY"),
        ({"server": {"models": None}}, "OPENAI_BASE_URL"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "127.0.0.1:9"),
    ],
)
def test_probe_says_clearly_what_is_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        probe(Session([], **options))
    assert KEY not in str(caught.value)


# Configuration.

REMOTE = {"OPENAI_API_KEY": KEY, "ANSATZ_MODEL": "m"}


def test_the_environment_describes_an_endpoint() -> None:
    session = Session([say("ok")])
    environ = {
        **REMOTE,
        "OPENAI_BASE_URL": f" {session.server.base_url}/ ",
        "ANSATZ_PRICE": "1000000,0",
    }

    async def go() -> Reply:
        endpoint = Endpoint.from_environment(None, environ)
        reply = await endpoint.reply(QUESTION, (), lambda piece: None)
        await endpoint.close()
        return reply

    with session.server:
        reply = asyncio.run(go())
    assert (reply.model, reply.usage.dollars) == ("m", 100.0)
    assert session.server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_given_model_goes_before_the_environment() -> None:
    assert Endpoint.from_environment("given", REMOTE).name == "given"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "0.0.0.0:1"])
def test_a_local_endpoint_needs_no_key(host: str) -> None:
    environ = {"OPENAI_BASE_URL": f"http://{host}/v1", "ANSATZ_MODEL": "m"}
    assert Endpoint.from_environment(None, environ).base_url == f"http://{host}/v1"


def test_no_key_of_the_process_is_sent_to_a_server_that_was_given_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    session = Session([say("ok")], api_key="")
    session.ask()
    assert KEY not in str(session.server.requests)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"OPENAI_API_KEY": ""}, "OPENAI_API_KEY is not set"),
        ({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "https://localhost.example/v1"}, "not set"),
        ({"OPENAI_API_KEY": f"{KEY} {KEY}"}, "OPENAI_API_KEY holds a blank"),
        ({"OPENAI_API_KEY": f"“{KEY}”"}, "OPENAI_API_KEY holds a blank"),
        ({"ANSATZ_MODEL": " "}, "No model is named for the endpoint https://api.openai.com/v1"),
        ({"OPENAI_BASE_URL": "localhost:8000"}, "http://"),
        ({"OPENAI_BASE_URL": "http://localhost:port/v1"}, "http://"),
        ({"ANSATZ_PRICE": "cheap"}, "ANSATZ_PRICE"),
        ({"ANSATZ_PRICE": "0.15"}, "ANSATZ_PRICE"),
        ({"ANSATZ_PRICE": "-1,2"}, "ANSATZ_PRICE"),
        ({"ANSATZ_PRICE": "nan,2"}, "ANSATZ_PRICE"),
    ],
)
def test_missing_or_senseless_settings_are_named(changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        Endpoint.from_environment(None, {**REMOTE, **changes})
    assert words in str(caught.value)
    assert KEY not in str(caught.value)


def test_credentials_in_the_base_url_are_not_shown() -> None:
    url = "http://me:secret@127.0.0.1:9/v1?token=secret"
    session = Session([], base_url=url, max_attempts=1)
    assert "secret" not in str(session.fails())


@pytest.mark.parametrize("options", [{"max_attempts": 0}, {"timeout": 0}, {"price": (-1.0, 0.0)}])
def test_settings_that_allow_no_request_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Endpoint("m", base_url=None, api_key=KEY, **options)
