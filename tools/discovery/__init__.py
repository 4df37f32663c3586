"""Algorithm discovery: propose a program, run it confined, verify what it returns, learn, repeat.

The data model comes first: `candidate` (a program as named files, and what became of it), `problem`
(statement, dialogue with the program, exact verifier), `archive` (everything tried so far).

The verbs stand on it: a policy in `policies` chooses parents, a proposer in `proposers` writes a
child, the sandbox runs it, the problem's verifier judges the plain data that comes back.
"""
