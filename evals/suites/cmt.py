"""Condensed-matter problems: the shipped ones, whose golds a script recomputes, or the published.

Without a path the suite holds the problems of `tools.grading.problems`. With one it reads the
problem file of CMT-Benchmark (arXiv:2510.05228) in its public layout.
"""

from __future__ import annotations

from evals import scorers, solvers
from evals.sample import Sample, Suite
from evals.suites import Options, spread
from tools.grading.problems.problem import load
from tools.grading.spec import GradeSpec


def build(options: Options) -> Suite:
    """Builds the suite, with one specification for the grader per problem."""
    samples, specs = _published(options) if options.path else _shipped()
    samples = spread(samples, options.samples)
    solver = solvers.fixed(options.answers) if options.answers else solvers.chat()
    return Suite(
        "cmt",
        "Condensed-matter theory",
        1,
        samples,
        solver,
        scorers.symbolic(lambda sample: specs[sample.cluster]),
        options.epochs,
        check=lambda sample: _trouble(sample, specs[sample.cluster]),
    )


def _shipped() -> tuple[list[Sample], dict[str, GradeSpec]]:
    problems = load()
    samples = [
        Sample(p.id, p.question, p.gold, tags={"category": str(p.category), "kind": str(p.kind)})
        for p in problems
    ]
    return samples, {p.id: p.spec for p in problems}


def _published(options: Options) -> tuple[list[Sample], dict[str, GradeSpec]]:
    from tools.grading.cmt_files import load_problems

    assert options.path is not None
    samples, specs = [], {}
    for problem in load_problems(options.path):
        name = f"cmt-{problem.index}"
        tags = {"category": problem.category}
        samples.append(Sample(name, problem.prompt, problem.gold, tags=tags))
        specs[name] = GradeSpec.from_fields(
            parameters=problem.parameters, functions=problem.functions
        )
    return samples, specs


def _trouble(sample: Sample, spec: GradeSpec) -> str:
    """Returns why a gold is unusable: it must be graded correct against itself."""
    from tools.grading.service import grade

    found = grade(sample.gold, sample.gold, spec)
    return "" if found.verdict == "correct" else found.reason
