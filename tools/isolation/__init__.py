"""The one place that starts processes: a warm fork server for runs.

`forkserver` is the side that asks, `zygote` the process that forks. A fresh interpreter that has
imported what every run needs takes a third of a second; a fork of one that has it takes
milliseconds. Children live in sessions of their own, so neither Ctrl-C in a terminal nor the
death of the assistant stops a run by accident.
"""
