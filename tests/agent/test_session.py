"""Conversations on disk: crashes, cancellation, several turns, and what is kept."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes.openai_server import FakeOpenAI, call, say
from fakes.talk import answer, endpoint, talk

from agent.session import MAX_REQUEST, Assistant
from agent.threads import KEEP
from tools.errors import BadInput
from tools.runs import RunStore

pytestmark = pytest.mark.usefixtures("fake_experiments")

ANSATZ = Path(sys.executable).with_name("ansatz")
SLOW = call([("fake__slow", {"steps": 40, "pause": 0.05})])


def chat(server, *arguments):
    """Starts `ansatz chat` against a fake server, in a process of its own."""
    environment = os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-x"}
    return subprocess.Popen(
        [ANSATZ, "chat", "--model", "fake-model", "--thread", "t", "--json", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def wait_for(condition, seconds=30):
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)
    return found


def running(store):
    """Returns the run once it has done a few steps."""
    for record in store.recent():
        log = record.folder / "steps.log"
        if log.exists() and len(log.read_text().split()) >= 3:
            return record
    return None


def finish(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err + out
    return json.loads(out)


def test_a_killed_assistant_finds_its_run_still_going_and_finishes_the_turn(home):
    store = RunStore(home)
    with FakeOpenAI([SLOW, say("It is done.")]) as server:
        process = chat(server, "be slow")
        record = wait_for(lambda: running(store))
        process.kill()
        process.wait()
        final = finish(chat(server))
    assert final["text"] == "It is done."
    assert [r["id"] for r in final["runs"]] == [record.id]
    assert store.get(record.id).attempt == 1
    assert (record.folder / "steps.log").read_text().split() == [str(i) for i in range(40)]


def test_a_run_killed_with_its_assistant_resumes_where_it_was(home):
    store = RunStore(home)
    with FakeOpenAI([SLOW, say("It is done.")]) as server:
        process = chat(server, "be slow")
        record = wait_for(lambda: running(store))
        process.kill()
        process.wait()
        os.killpg(record.pid, signal.SIGKILL)
        wait_for(lambda: store.get(record.id).status == "interrupted")
        final = finish(chat(server))
    assert [r["status"] for r in final["runs"]] == ["completed"]
    assert store.get(record.id).attempt == 2
    steps = (record.folder / "steps.log").read_text().split()
    # At most the step that was under way when it was killed is done twice.
    assert len(steps) <= 41
    assert sorted(set(map(int, steps))) == list(range(40))


def test_a_run_that_finished_while_the_assistant_was_dead_is_not_repeated(home):
    store = RunStore(home)
    with FakeOpenAI([SLOW, say("It is done."), say("Now this.")]) as server:
        process = chat(server, "be slow")
        record = wait_for(lambda: running(store))
        process.kill()
        process.wait()
        wait_for(lambda: store.get(record.id).status == "completed")
        finished = store.get(record.id).finished
        final = finish(chat(server, "and now?"))
    assert final["resumed"][0]["text"] == "It is done."
    assert store.get(record.id).finished == finished
    assert len(store.recent()) == 1


def test_ctrl_c_cancels_the_run_and_leaves_a_usable_thread(home):
    store = RunStore(home)
    with FakeOpenAI([SLOW, say("Hello again.")]) as server:
        process = chat(server, "be slow")
        record = wait_for(lambda: running(store))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 130
        assert json.loads(out)["status"] == "cancelled"
        assert store.get(record.id).status == "cancelled"
        final = finish(chat(server, "hello?"))
        sent = server.chats[-1]["messages"]
    assert final["text"] == "Hello again."
    # The call that was cancelled has an answer, or endpoints would refuse the conversation.
    called = {c["id"] for m in sent for c in m.get("tool_calls", ())}
    assert called == {m["tool_call_id"] for m in sent if m["role"] == "tool"}


def test_a_conversation_goes_on_in_a_later_process(home):
    with FakeOpenAI([say("One."), say("Two.")]) as server:
        talk(home, endpoint(server), ["first"])
        talk(home, endpoint(server), ["second"])
        contents = [m["content"] for m in server.chats[-1]["messages"] if m["role"] != "system"]
    assert contents == ["first", "One.", "second"]


def test_two_threads_do_not_hear_each_other(home):
    with FakeOpenAI([say("One."), say("Two.")]) as server:
        talk(home, endpoint(server), ["about aardvarks"], thread="a")
        talk(home, endpoint(server), ["about bees"], thread="b")
        assert "aardvarks" not in json.dumps(server.chats[-1]["messages"])


def test_checkpoints_do_not_pile_up(home):
    with FakeOpenAI(lambda request: say("Yes.")) as server:
        talk(home, endpoint(server), [f"question {i}" for i in range(12)])
    with sqlite3.connect(home / "conversations.sqlite") as db:
        [kept] = db.execute("SELECT count(*) FROM checkpoints").fetchone()
        [writes] = db.execute("SELECT count(*) FROM writes").fetchone()
    assert 0 < kept <= KEEP
    assert writes < 100


def test_the_state_keeps_ids_and_short_text_only(home):
    with FakeOpenAI([call([("fake__add", {})]), say("Done.")]) as server:
        talk(home, endpoint(server), ["what does the paper say about label noise? then add"])

    async def state():
        async with Assistant(home, endpoint(server)) as assistant:
            return (await assistant._graph.aget_state(assistant._config("t"))).values

    values = asyncio.run(state())
    assert len(json.dumps(values)) < 8000
    assert all(len(m["content"]) < 4000 for m in values["messages"])


def test_keys_are_stored_nowhere(home):
    with FakeOpenAI([call([("fake__add", {})]), say("Done.")], key="sk-test-key") as server:
        [events] = talk(home, endpoint(server), ["add"])
    assert answer(events)["status"] == "answered"
    for path in home.rglob("*"):
        if path.is_file():
            assert b"sk-test-key" not in path.read_bytes(), path


@pytest.mark.parametrize("request_text", ["", "   ", "x" * (MAX_REQUEST + 1)])
def test_an_empty_or_endless_request_is_refused(home, request_text):
    with FakeOpenAI([]) as server, pytest.raises(BadInput):
        talk(home, endpoint(server), [request_text])


@pytest.mark.parametrize("thread", ["", "../x", "a b", "x" * 100])
def test_a_thread_name_that_could_do_harm_is_refused(home, thread):
    with FakeOpenAI([]) as server, pytest.raises(BadInput, match="no usable name"):
        talk(home, endpoint(server), ["hi"], thread=thread)


def test_a_thread_of_another_version_is_refused_politely(home):
    with FakeOpenAI([say("Hi."), say("Hi.")]) as server:
        talk(home, endpoint(server), ["hi"])
        with sqlite3.connect(home / "conversations.sqlite") as db:
            db.execute("UPDATE threads SET version = 0")
        with pytest.raises(BadInput, match="another version"):
            talk(home, endpoint(server), ["hi"])
