"""Deduplication that keeps its promise: every row that goes leaves a twin that stays.

Three ways to call two rows duplicates: the same content (`exact`), word sequences in common
(`minhash`, verified by the true Jaccard similarity), and embeddings that point the same way
(`semantic`, verified by the cosine in float64). Whatever the way, `keeper` goes through the rows in
a stated order and removes a row only for one that is kept, so no chain of neighbours is eaten up.

Papers: Abbas et al. (2023), SemDeDup, arXiv:2303.09540 (cells and the order inside them); Broder
(1997), "On the resemblance and containment of documents" (MinHash).
"""

from __future__ import annotations

from tools.pruning.dedup.keeper import Decisions, Rule, decide
from tools.pruning.dedup.minhash import NearSearch
from tools.pruning.dedup.pairs import Pairs, Search
from tools.pruning.dedup.semantic import SemanticSearch
from tools.pruning.dedup.target import decide_for_size

__all__ = [
    "Decisions",
    "NearSearch",
    "Pairs",
    "Rule",
    "Search",
    "SemanticSearch",
    "decide",
    "decide_for_size",
]
