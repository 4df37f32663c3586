"""The command line: one module a command, imported only when its command is called.

`main` is the table of commands, `common` what they share, `failure` how errors leave, `render`
how runs look in a terminal.
"""
