"""The graph against a fake endpoint that does everything endpoints do wrong."""

import json

import pytest
from fakes.openai_server import FakeOpenAI, call, cut, error, say
from fakes.talk import answer, endpoint, talk

from agent.limits import Limits
from agent.session import NeedsApproval, Settings

pytestmark = pytest.mark.usefixtures("fake_experiments")

ADD = ("fake__add", {"a": 2, "b": 3, "repeats": 3})


def tool_messages(request):
    return [m for m in request["messages"] if m["role"] == "tool"]


def last_result(request):
    return json.loads(tool_messages(request)[-1]["content"])


def cite_run(request):
    """Answers with what the last tool result says."""
    result = last_result(request)
    return say(f"The sum is {result['metrics']['sum']['value']:.1f} [run {result['run']}].")


def test_a_run_is_asked_for_done_checked_and_reported(home):
    with FakeOpenAI([call([ADD]), cite_run]) as server:
        [events] = talk(home, endpoint(server), ["what is 2 + 3?"])
    kinds = [e["type"] for e in events]
    for earlier, later in [
        ("recalled", "call"),
        ("call", "run_started"),
        ("run_started", "run_finished"),
        ("run_finished", "verdict"),
        ("verdict", "token"),
        ("token", "answer"),
    ]:
        assert kinds.index(earlier) < kinds.index(later)
    final = answer(events)
    assert final["status"] == "answered"
    assert final["unverified"] == []
    assert final["text"].startswith("The sum is 5.0 [run ")
    [run] = final["runs"]
    assert run["params"]["a"] == 2
    assert [c["verdict"] for c in run["claims"]] == ["supported", "supported"]
    assert final["usage"]["requests"] == 2
    assert final["model"] == "fake-model"


def test_parallel_calls_all_run_and_are_answered_in_order(home):
    calls = [("fake__add", {"a": i, "b": 1}) for i in range(4)]

    def count(request):
        results = [json.loads(m["content"]) for m in tool_messages(request)]
        assert [r["params"]["a"] for r in results] == [0, 1, 2, 3]
        return say("All done.")

    with FakeOpenAI([call(calls), count]) as server:
        [events] = talk(home, endpoint(server), ["add them"])
    assert len(answer(events)["runs"]) == 4


def test_a_tool_error_goes_back_to_the_model_which_can_correct_itself(home):
    def correct(request):
        assert "a = 5000" in last_result(request)["error"]
        return call([ADD])

    steps = [call([("fake__add", {"a": 5000})]), correct, cite_run]
    with FakeOpenAI(steps) as server:
        [events] = talk(home, endpoint(server), ["add"])
    assert "tool_error" in [e["type"] for e in events]
    assert answer(events)["text"].startswith("The sum is 5.0")


def test_an_unknown_tool_is_answered_with_the_tools_there_are(home):
    def see(request):
        assert "fake__add" in last_result(request)["error"]
        return say("I cannot do that.")

    with FakeOpenAI([call([("launch_rocket", {})]), see]) as server:
        [events] = talk(home, endpoint(server), ["launch"])
    assert answer(events)["runs"] == []


def test_malformed_arguments_go_back_once_and_are_then_reported(home):
    broken = call([("fake__add", '{"a": 2, ')])

    def once_more(request):
        assert "could not be read" in last_result(request)["error"]
        # What is replayed must itself be valid, or the server would refuse the conversation.
        sent = [m for m in request["messages"] if m.get("tool_calls")][-1]
        json.loads(sent["tool_calls"][0]["function"]["arguments"])
        return broken

    with FakeOpenAI([broken, once_more]) as server:
        [events] = talk(home, endpoint(server), ["add"])
    final = answer(events)
    assert final["status"] == "stopped"
    assert "twice" in final["text"]
    assert final["runs"] == []


def test_an_invented_number_is_sent_back_and_the_correction_accepted(home):
    def honest(request):
        assert request["messages"][-1]["content"].startswith("UNVERIFIED")
        assert "7.25" in request["messages"][-1]["content"]
        result = json.loads(tool_messages(request)[-1]["content"])
        return say(f"The sum is {result['metrics']['sum']['value']}.")

    with FakeOpenAI([call([ADD]), say("The sum is 7.25."), honest]) as server:
        [events] = talk(home, endpoint(server), ["add"])
    assert [e["unverified"] for e in events if e["type"] == "retract"] == [["7.25"]]
    assert answer(events)["unverified"] == []
    assert "7.25" not in answer(events)["text"]


def test_a_number_invented_twice_is_shown_as_unverified(home):
    lie = say("The sum is 7.25, as in [nobody2020].")
    with FakeOpenAI([call([ADD]), lie, lie]) as server:
        [events] = talk(home, endpoint(server), ["add"])
    assert set(answer(events)["unverified"]) == {"7.25", "[nobody2020]"}


def test_a_verdict_the_checks_did_not_reach_is_unverified(home):
    lie = say("The claim is refuted.")
    with FakeOpenAI([call([ADD]), lie, lie]) as server:
        [events] = talk(home, endpoint(server), ["add"])
    assert answer(events)["unverified"] == ["verdict 'refuted'"]


def test_bounds_may_be_named_when_asking_back_but_are_no_result(home):
    question = say("How many? Between 1 and 100.")
    with FakeOpenAI([question]) as server:
        [events] = talk(home, endpoint(server), ["add some numbers"])
    assert answer(events)["unverified"] == []
    lie = say("The sum is 1000.")
    with FakeOpenAI([call([ADD]), lie, lie]) as server:
        [events] = talk(home, endpoint(server), ["add"])
    assert answer(events)["unverified"] == ["1000"]


def test_passages_reach_the_model_marked_as_data_and_can_be_cited(home):
    def quote(request):
        data = request["messages"][1]["content"]
        assert "untrusted data" in data
        passage = json.loads(data.partition("\n")[2])[0]
        return say(f"See [{passage['id']}].")

    with FakeOpenAI([quote]) as server:
        [events] = talk(home, endpoint(server), ["what does the paper say about label noise?"])
    [citation] = answer(events)["citations"]
    assert citation["title"]


def test_rate_limits_and_server_errors_are_waited_out(home):
    steps = [
        error(429, headers={"Retry-After": "2"}),
        error(500),
        cut("half an ans"),
        say("Hello."),
    ]
    with FakeOpenAI(steps) as server:
        [events] = talk(home, endpoint(server), ["hi"])
    final = answer(events)
    assert final["text"] == "Hello."
    assert final["usage"]["requests"] == 4
    assert len(final["notices"]) >= 3


def test_a_dead_endpoint_ends_the_turn_with_the_reason_and_a_usable_thread(home):
    with FakeOpenAI(lambda request: error(500)) as server:
        [events] = talk(home, endpoint(server, max_attempts=2), ["hi"])
    assert answer(events)["status"] == "stopped"
    assert "500" in answer(events)["text"]
    with FakeOpenAI([say("Back again.")]) as server:
        [events] = talk(home, endpoint(server), ["hi"])
    assert answer(events)["text"] == "Back again."


def test_a_wrong_key_is_named_and_never_shown(home):
    with FakeOpenAI([], key="sk-right") as server:
        [events] = talk(home, endpoint(server), ["hi"])
    assert "OPENAI_API_KEY" in answer(events)["text"]
    assert "sk-test-key" not in json.dumps(events)


def test_a_model_that_never_stops_calling_is_stopped_with_what_it_found(home):
    settings = Settings(limits=Limits(steps=3))
    with FakeOpenAI(lambda request: call([ADD])) as server:
        [events] = talk(home, endpoint(server), ["add"], settings=settings)
    final = answer(events)
    assert final["status"] == "stopped"
    assert "limit of 3 steps" in final["text"]
    assert "supported" in final["text"]


def test_a_token_limit_holds(home):
    settings = Settings(limits=Limits(tokens=150))
    with FakeOpenAI(lambda request: call([ADD])) as server:
        [events] = talk(home, endpoint(server), ["add"], settings=settings)
        assert len(server.chats) == 2
    assert "the limit is 150" in answer(events)["text"]


def test_a_dollar_limit_holds_and_needs_a_price(home):
    settings = Settings(limits=Limits(dollars=0.0001))
    with FakeOpenAI(lambda request: call([ADD])) as server:
        [events] = talk(home, endpoint(server, price=(1.0, 1.0)), ["add"], settings=settings)
        assert "$" in answer(events)["text"]
        [events] = talk(home, endpoint(server), ["add"], settings=settings)
        assert "ANSATZ_PRICE" in answer(events)["text"]


def test_the_time_limit_stops_a_run_and_keeps_the_thread(home):
    settings = Settings(limits=Limits(time=1.0))
    slow = call([("fake__slow", {"steps": 200, "pause": 0.05})])
    with FakeOpenAI([slow, say("Too slow.")]) as server:
        [events] = talk(home, endpoint(server), ["slow"], settings=settings)
    final = answer(events)
    assert final["status"] == "stopped"
    assert final["runs"][0]["status"] == "cancelled"


def test_costly_calls_are_shown_together_once_and_run_when_approved(home):
    asked = []

    async def yes(cost):
        asked.append(cost)
        return True

    calls = [("fake__slow", {"steps": 2, "pause": p}) for p in (0.01, 0.02)]
    with FakeOpenAI([call(calls), say("Done.")]) as server:
        [events] = talk(home, endpoint(server), ["go"], approve=yes, settings=Settings(budget=0.01))
    [cost] = asked
    assert [c["arguments"]["pause"] for c in cost["calls"]] == [0.01, 0.02]
    assert cost["seconds"] == pytest.approx(0.06)
    assert [r["status"] for r in answer(events)["runs"]] == ["completed", "completed"]


def test_a_declined_call_never_runs_and_an_allowed_one_does(home):
    async def second_only(cost):
        return [cost["calls"][1]["id"]]

    def see(request):
        first, second = (json.loads(m["content"]) for m in tool_messages(request))
        assert first["status"] == "refused"
        assert second["status"] == "completed"
        return say("One of two.")

    calls = [("fake__slow", {"steps": 2, "pause": p}) for p in (0.01, 0.02)]
    with FakeOpenAI([call(calls), see]) as server:
        [events] = talk(
            home, endpoint(server), ["go"], approve=second_only, settings=Settings(budget=0.01)
        )
    [run] = answer(events)["runs"]
    assert run["params"]["pause"] == 0.02


def test_an_approval_asked_of_nobody_waits_until_somebody_is_there(home):
    async def yes(cost):
        return True

    settings = Settings(budget=0.01)
    with FakeOpenAI([call([("fake__slow", {"steps": 2})]), say("Done."), say("Hi.")]) as server:
        model = endpoint(server)
        with pytest.raises(NeedsApproval, match=r'fake.slow {"steps": 2} would take .*--yes'):
            talk(home, model, ["go"], settings=settings)
        [events] = talk(home, endpoint(server), ["hello"], approve=yes, settings=settings)
    finished = [e["answer"]["text"] for e in events if e["type"] == "answer"]
    assert finished == ["Done.", "Hi."]


def test_a_failed_run_is_reported_as_failed(home):
    with FakeOpenAI([call([("fake__crash", {})]), say("It failed.")]) as server:
        [events] = talk(home, endpoint(server), ["crash"])
    final = answer(events)
    assert final["runs"][0]["status"] == "failed"
    assert any("ZeroDivisionError" in n for n in final["notices"])


def test_the_same_call_in_a_later_turn_is_a_new_run(home):
    with FakeOpenAI([call([ADD]), say("One."), call([ADD]), say("Two.")]) as server:
        first, second = talk(home, endpoint(server), ["add", "add again"])
    assert answer(first)["runs"][0]["id"] != answer(second)["runs"][0]["id"]


def test_the_conversation_sent_later_is_one_that_endpoints_accept(home):
    with FakeOpenAI([call([ADD]), say("One."), say("Two.")]) as server:
        talk(home, endpoint(server), ["add", "and now?"])
        sent = server.chats[-1]["messages"]
    roles = [m["role"] for m in sent if m["role"] != "system"]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    allowed = {"role", "content", "tool_calls", "tool_call_id", "name"}
    assert all(set(m) <= allowed for m in sent)
