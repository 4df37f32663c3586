"""`ansatz chat` from outside: pipes, JSON, exit codes, commands of the conversation."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.openai_server import FakeOpenAI, call, say

pytestmark = pytest.mark.usefixtures("fake_experiments", "home")

ANSATZ = Path(sys.executable).with_name("ansatz")
ADD = call([("fake__add", {"a": 2, "b": 3})])
COSTLY = call([("fake__slow", {"steps": 3, "pause": 0.3})])


def ansatz(server, *arguments, stdin=""):
    environment = os.environ | {"OPENAI_BASE_URL": server.base_url, "ANSATZ_MODEL": "fake-model"}
    return subprocess.run(
        [ANSATZ, "chat", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )


def test_json_is_one_object_with_calls_runs_and_verdicts():
    with FakeOpenAI([ADD, say("It is 5.")]) as server:
        done = ansatz(server, "--json", "add")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["calls"][0]["experiment"] == "fake.add"
    assert answer["calls"][0]["arguments"] == {"a": 2, "b": 3}
    assert answer["runs"][0]["claims"][0]["verdict"] == "supported"
    assert done.stderr == ""


def test_a_request_can_come_through_a_pipe():
    with FakeOpenAI([say("Hello.")]) as server:
        done = ansatz(server, "--quiet", stdin="hi there\n")
        assert server.chats[0]["messages"][-1]["content"] == "hi there"
    assert "Hello." in done.stdout
    assert done.stderr == ""


def test_no_request_at_all_is_bad_usage():
    with FakeOpenAI([]) as server:
        done = ansatz(server)
    assert done.returncode == 2
    assert "no request" in done.stderr


def test_a_cost_nobody_approves_waits_with_status_3_and_goes_on_with_yes():
    with FakeOpenAI([COSTLY, say("Done.")]) as server:
        waiting = ansatz(server, "--json", "--thread", "t", "--budget", "0.5s", "be slow")
        assert waiting.returncode == 3
        assert json.loads(waiting.stdout)["status"] == "needs_approval"
        done = ansatz(server, "--json", "--thread", "t", "--budget", "0.5s", "--yes")
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == "Done."


def test_a_failed_run_gives_status_1():
    with FakeOpenAI([call([("fake__crash", {})]), say("It failed.")]) as server:
        assert ansatz(server, "--quiet", "crash").returncode == 1


@pytest.mark.parametrize(
    "arguments", [["--budget", "soon"], ["--limit", "pace=1"], ["--thread", "../../x"]]
)
def test_bad_options_give_status_2_and_one_line(arguments):
    with FakeOpenAI([]) as server:
        done = ansatz(server, *arguments, "hi")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_thread_with_nothing_to_continue_says_so():
    with FakeOpenAI([say("Hi.")]) as server:
        ansatz(server, "--thread", "t", "hi")
        done = ansatz(server, "--thread", "t")
    assert done.returncode == 2
    assert "nothing to continue" in done.stderr


def test_a_conversation_on_a_terminal_answers_and_obeys_commands():
    with FakeOpenAI([ADD, say("It is 5.")]) as server:
        environment = os.environ | {
            "OPENAI_BASE_URL": server.base_url,
            "ANSATZ_MODEL": "fake-model",
            "TERM": "dumb",
        }
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [ANSATZ, "chat"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        os.write(ours, b"/tools\nadd please\n/runs\n/history\n/nonsense\n/quit\n")
        out, err = process.communicate(timeout=60)
        os.close(ours)
        os.close(theirs)
    assert process.returncode == 0, err
    assert "fake.add: Adds two numbers" in out
    assert "It is 5." in out
    assert "user: add please" in out
    assert "no command '/nonsense'" in err
