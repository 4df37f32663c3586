"""The way of a request: recall -> plan -> approve -> act -> check -> (plan again | report)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

# Read once, when LangGraph is imported: without them checkpoints may import and call code, and
# a tracing client may look for a server.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("LANGSMITH_TRACING", "false")

from langgraph.graph import END, START, StateGraph

from agent import nodes
from agent.messages import open_calls
from agent.nodes import Context
from agent.state import State

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


def build(checkpointer: Any) -> CompiledStateGraph[State, Context, State, State]:
    """Wires the nodes together."""
    graph = StateGraph(State, context_schema=Context)
    steps: dict[str, Callable[..., Any]] = {
        "recall": nodes.recall,
        "plan": nodes.plan,
        "approve": nodes.approve,
        "act": nodes.act,
        "check": nodes.verify,
        "report": nodes.conclude,
    }
    for name, node in steps.items():
        graph.add_node(name, node)
    graph.add_edge(START, "recall")
    graph.add_edge("recall", "plan")
    graph.add_conditional_edges("plan", _after_plan, ["approve", "report"])
    graph.add_edge("approve", "act")
    graph.add_edge("act", "check")
    graph.add_edge("check", "plan")
    graph.add_conditional_edges("report", _after_report, ["plan", END])
    return graph.compile(checkpointer=checkpointer)


def _after_plan(state: State) -> str:
    return "approve" if open_calls(state["messages"]) and not state["failure"] else "report"


def _after_report(state: State) -> str:
    return "plan" if state["unverified"] else END
