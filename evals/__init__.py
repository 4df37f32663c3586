"""Evaluation: suites of questions with known right answers, run, scored and compared.

The nouns are in `sample`: a suite holds samples, a solver that answers and a scorer that judges.
`runner` plays it against a chat model through `context` (caches, pace, limits) and keeps everything
in a `journal`; `reducers`, `statistics` and `paired` make numbers of it.


`routing` asks a chat model each recorded request of `requests.jsonl` and judges what it would have
run: the right experiment with the right parameters, a question back, or nothing.
"""
