"""The assistant and its faces.

A request goes recall -> plan -> approve -> act -> check -> report (`graph`). A chat model chooses
(`endpoint` or the embedded `planner`); tools compute (`toolbox`); `grounding` sees to it that every
number in an answer has a run or a passage behind it. `session` is what faces talk to.
"""
