import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.discovery.concepts import MAX_DEPTH, ROOT, ConceptTree, normalise
from tools.errors import BadInput

names = st.sampled_from(list(string.ascii_lowercase[:4]))
paths = st.lists(st.lists(names, min_size=1, max_size=4).map(tuple), max_size=8)


@given(paths)
def test_a_closure_holds_every_ancestor_and_not_the_root(
    given_paths: list[tuple[str, ...]],
) -> None:
    tree = ConceptTree({})
    nodes = tree.close(given_paths)
    assert ROOT not in nodes
    assert all(tree.parent(v) in nodes | {ROOT} for v in nodes)
    assert {tree.path(v) for v in nodes} == {
        path[: i + 1] for path in given_paths for i in range(len(path))
    }


@given(paths, paths)
def test_closing_is_monotone_idempotent_and_additive(
    first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    tree = ConceptTree({})
    a, b = tree.close(first), tree.close(second)
    size = len(tree)
    assert tree.close([*first, *second]) == a | b
    assert tree.closure(a) == a
    assert tree.closure({v for v in a if not set(tree.children(v)) & a}) == a
    assert len(tree) == size


@given(paths)
def test_a_stored_tree_comes_back_the_same(given_paths: list[tuple[str, ...]]) -> None:
    tree = ConceptTree({"aa": "a"})
    tree.close(given_paths)
    again = ConceptTree.from_json(tree.to_json())
    assert [again.node(v) for v in range(len(again))] == [tree.node(v) for v in range(len(tree))]
    assert again.close([("AA",)]) == again.close([("a",)])


def test_siblings_merge_by_normalised_name_and_by_synonym() -> None:
    tree = ConceptTree({"SA": "simulated annealing"})
    first = tree.close([("search", "Simulated-Annealing")])
    assert tree.close([("Search", " simulated  annealing ")]) == first
    assert tree.close([("SEARCH", "sa")]) == first
    assert tree.node(max(first)).name == "Simulated-Annealing"
    assert tree.close([("moves", "sa")]) != first  # only siblings merge


def test_the_shipped_synonyms_are_used_unless_others_are_given() -> None:
    assert ConceptTree().close([("SLSQP",)]) == frozenset({1})
    tree = ConceptTree()
    assert tree.add(("slsqp",)) == tree.add(("sequential quadratic programming",))
    plain = ConceptTree({})
    assert plain.add(("slsqp",)) != plain.add(("sequential quadratic programming",))


def test_paths_of_a_set_enter_in_alphabetical_order_so_that_ids_replay() -> None:
    paths = [("d",), ("a", "z"), ("b",), ("a", "c")]
    tree, ordered = ConceptTree({}), ConceptTree({})
    tree.close(frozenset(paths))
    ordered.close(sorted(paths))
    assert tree.to_json() == ordered.to_json()


def test_a_concept_below_an_unknown_parent_is_refused() -> None:
    tree = ConceptTree()
    with pytest.raises(BadInput, match="parent start is not in the tree"):
        tree.add(("start", "ring"))
    start = tree.add(("start",), "how the points begin")
    ring = tree.add(("start", "ring"))
    assert (tree.parent(ring), tree.node(ring).depth, tree.children(start)) == (start, 2, [ring])
    assert tree.node(start).description == "how the points begin"


@pytest.mark.parametrize("path", [(), ("",), ("a", "--"), ("a" * 100,), ("a",) * (MAX_DEPTH + 1)])
def test_a_bad_path_is_refused_and_leaves_nothing_behind(path: tuple[str, ...]) -> None:
    tree = ConceptTree()
    with pytest.raises(BadInput):
        tree.close([path])
    assert len(tree) == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"synonyms": {}, "nodes": [{"name": "a"}]}', '{"synonyms": 3}']
)
def test_text_that_is_no_stored_tree_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        ConceptTree.from_json(text)


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(BadInput, match="Concept 3 is not in the tree"):
        ConceptTree().node(3)


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)
