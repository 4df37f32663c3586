"""The embedded offline planner: a chat model in our own process, without network or download.

It maps plain words onto the registered experiments by rules for unmistakable forms, sentence
similarity to the experiments' own examples, and typed slots; it carries values over between turns,
asks back when a reading is not sure, and quotes papers. It knows no experiment by name.
"""

from agent.planner.planner import EmbeddedPlanner

__all__ = ["EmbeddedPlanner"]
