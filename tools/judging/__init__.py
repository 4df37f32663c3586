"""Model judges and how they are fooled: Yamamura and Ganguli, arXiv:2412.15275.

A judge that reads whether a text looks like an assistant's answer, instead of whether it is right,
can be moved by a suffix. `essays` makes texts of known grade, `grader` a small model judge,
`attack` the suffix search from the judge's hidden activity, and `experiments` the whole check with
its controls. The shortcut is planted, so this shows the mechanism and is no evidence about any
particular language model.
"""
