"""The toolbox: the experiment contract, recorded runs, and one folder per method.

The ground floor is what every method stands on: `experiment` (typed parameters, registered
experiments, results), `claims` (checks that compute verdicts), `run` (what an experiment may
touch while it runs), `runs` (the store that remembers), `launch` (supervised child processes) and
`registry` (how experiments are found). Nothing here imports a language model, LangGraph or Chroma.
"""
