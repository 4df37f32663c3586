"""Calls of tools: pieces of a stream become whole calls, whatever a server's habits."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from fakes.endpoint_session import QUESTION, Session, entry, names_and_arguments
from fakes.openai_server import Step, call, deltas, garbage, say
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.endpoint.draft import Draft
from agent.messages import ToolCall, assistant, tool_result


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
