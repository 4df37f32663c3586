"""Our suites, grader and models inside Inspect AI (extra `inspect`).

Inspect finds `registry` by entry point, so that after `pip install "ansatz-lab[inspect]"`

    inspect eval evals/arithmetic --model ansatz/offline
    inspect eval evals/cmt --model ansatz/MODEL        # OPENAI_BASE_URL and OPENAI_API_KEY
    inspect view

work without any configuration. Only suites that ask a chat model have a task there; the others
need our own runner.
"""
