"""What several problems share: verifiers of a family, drawing, and parts of programs.

The files named `*_parts.py` are copied piece by piece into the programs of the embedded proposer.
"""
