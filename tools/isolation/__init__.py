"""The one place that starts processes: a warm fork server for runs, killable workers for calls.

`forkserver` is the side that asks for runs, `zygote` the process that forks. A fresh interpreter
that has imported what every run needs takes a third of a second; a fork of one that has it takes
milliseconds. Children live in sessions of their own, so neither Ctrl-C in a terminal nor the death
of the assistant stops a run by accident.

`workers` is a pool of confined processes for calls on untrusted input, each with a budget in
processor time: `worker` is one of them as its parent sees it, `worker_main` what runs inside,
`nursery` the warm parent they are forked from, `confine` the limits and the system-call filter.
`layers` tells which kinds of confinement this machine offers.
"""
