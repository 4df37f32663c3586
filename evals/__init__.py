"""Evaluation: requests with known right answers, and how well an assistant does on them.

`routing` asks a chat model each recorded request of `requests.jsonl` and judges what it would have
run: the right experiment with the right parameters, a question back, or nothing.
"""
