"""The proposer that asks language models at an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.discovery.candidate import Candidate, Evaluation, Member, Spend
from tools.discovery.concepts import MAX_DEPTH, MAX_NAME, normalise
from tools.discovery.proposers import Proposal, Request, prompts
from tools.discovery.proposers.bandit import Bandit, beats
from tools.discovery.proposers.prices import price_of, prices_given
from tools.discovery.proposers.reply import FormatFailure, read_edits, read_program
from tools.discovery.rows import Call
from tools.endpoint import Endpoint, Rejected
from tools.errors import BadInput
from tools.pricing import Price, dollars

if TYPE_CHECKING:
    from tools.discovery.concepts import ConceptTree
    from tools.discovery.writing import LogWriter
    from tools.endpoint import Message

FORMAT_FAILURE = "format: "
"""How the message of a proposal begins whose reply could not be read."""

_MOST_NEW = 5  # concepts that one program may add


class Models:
    """Asks one of several models for each child; a bandit learns whose children get better.

    One proposal takes two calls: for the program, and for its concepts. Each reply goes into the
    log as soon as it has arrived, and a resumed search takes it from there.

    Attributes:
        name: `endpoint`.
        models: as the endpoint names them.
        edit: `rewrite` (the whole program) or `diff`.
        crossover: the share of children that combine two parents, where there are two.
        temperature: of the program's call; None leaves it to the endpoint.
        extract: whether models name the concepts; static analysis does otherwise.
        notices: what readers of the results must know.
    """

    name = "endpoint"

    def __init__(
        self,
        endpoint: Endpoint,
        models: Sequence[str],
        *,
        edit: str = prompts.REWRITE,
        crossover: float = 0.2,
        temperature: float | None = None,
        extract: bool = True,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        """Makes a proposer.

        Args:
            endpoint: where to ask.
            models: one, or an ensemble.
            edit: `rewrite` or `diff`.
            crossover: between 0 and 1.
            temperature: of the program's call.
            extract: whether to ask for concepts.
            prices: dollars per million tokens by model; those listed in `prices.toml` by default.

        Raises:
            BadInput: if there is no model, or a setting is out of bounds.
        """
        if not models:
            raise BadInput("The endpoint proposer needs a model.", "Name at least one.")
        if edit not in (prompts.REWRITE, prompts.DIFF):
            raise BadInput(f"edit = {edit!r} cannot be.", "Choose rewrite or diff.")
        if not 0 <= crossover <= 1:
            raise BadInput(f"crossover = {crossover} cannot be.", "Give a share from 0 to 1.")
        self.models = tuple(models)
        self.edit, self.crossover = edit, crossover
        self.temperature, self.extract = temperature, extract
        self._endpoint = endpoint
        self._prices = {m: (prices or {}).get(m) or price_of(m) for m in self.models}
        self._bandit = Bandit(self.models)
        self._log: LogWriter | None = None
        self._without_schema: set[str] = set()

    @property
    def notices(self) -> tuple[str, ...]:
        """Models whose price is not known, so that their dollars count as nothing."""
        if not self.unpriced:
            return ()
        names = ", ".join(self.unpriced)
        return (f"No price is known for {names}: their tokens count as 0 dollars.",)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The models whose price is not known."""
        return tuple(model for model, price in self._prices.items() if price is None)

    @property
    def tally(self) -> dict[str, tuple[int, int]]:
        """(children better than their parent, children) by model."""
        return self._bandit.tally()

    def use_journal(self, log: LogWriter) -> None:
        """Keeps replies in this log, and takes them from it when they are there."""
        self._log = log

    def learn(
        self, proposal: Proposal, evaluation: Evaluation | None, parents: tuple[Member, ...]
    ) -> None:
        """Tells the bandit what came of a proposal."""
        self._bandit.learn(proposal.model, beats(evaluation, parents))

    async def propose(self, request: Request) -> Proposal:
        """Asks for a program and its concepts.

        Raises:
            Rejected: if the endpoint refuses: key, model, or a prompt that is too long.
            Unavailable: if it does not answer.
        """
        # All of this happens before the first wait: the tree and the bandit change meanwhile.
        rng = random.Random(request.seed)
        model = self._bandit.choose(rng)
        operator = self.edit
        if len(request.parents) > 1 and rng.random() < self.crossover:
            operator = prompts.CROSSOVER
        messages = prompts.for_program(
            request.problem, request.parents, request.failures, request.tree, operator
        )
        known = _Known(request.tree) if self.extract else None
        options = {} if self.temperature is None else {"temperature": self.temperature}

        asked = await self._ask(request.seed, 0, model, messages, options)
        transcript = {"prompt": messages[-1]["content"], "reply": asked.reply}
        try:
            candidate = _read(asked.reply, operator, request.parents)
        except FormatFailure as failure:
            message = f"{FORMAT_FAILURE}{failure}"
            return Proposal(None, None, operator, model, asked.spend, transcript, message)
        if known is None:
            return Proposal(candidate, None, operator, model, asked.spend, transcript)
        named = await self._ask_concepts(request, model, known, candidate)
        transcript |= {"concepts prompt": named.prompt[-1]["content"], "concepts": named.reply}
        spend = Spend(
            asked.spend.tokens_in + named.spend.tokens_in,
            asked.spend.tokens_out + named.spend.tokens_out,
            asked.spend.dollars + named.spend.dollars,
            asked.spend.seconds + named.spend.seconds,
        )
        return Proposal(candidate, known.read(named.reply), operator, model, spend, transcript)

    async def _ask_concepts(
        self, request: Request, model: str, known: _Known, candidate: Candidate
    ) -> Call:
        messages = prompts.for_concepts(request.problem, known.listing, candidate)
        if model not in self._without_schema:
            options = {"response_format": prompts.CONCEPT_SCHEMA}
            try:
                return await self._ask(request.seed, 1, model, messages, options)
            except Rejected as error:
                if error.status not in (400, 404, 422, 501):
                    raise
                # Not every server can constrain its output; the prompt says the form as well.
                self._without_schema.add(model)
        return await self._ask(request.seed, 1, model, messages, {})

    async def _ask(
        self,
        seed: int,
        step: int,
        model: str,
        messages: Sequence[Message],
        options: Mapping[str, Any],
    ) -> Call:
        """Makes a call, unless an earlier session has paid for it."""
        if self._log is not None and (known := self._log.call(seed, step)) is not None:
            return known
        reply = await self._endpoint.chat(model, messages, **options)
        cost = dollars(self._prices[model], reply.tokens_in, reply.tokens_out) or 0.0
        spend = Spend(reply.tokens_in, reply.tokens_out, cost, reply.seconds)
        call = Call(step, model, [dict(message) for message in messages], reply.text, spend)
        if self._log is not None:
            self._log.add_call(seed, call)
        return call


def from_environment(models: Sequence[str], *, price: str = "", **settings: Any) -> Models:
    """Makes a proposer that asks the endpoint of `OPENAI_BASE_URL` and `OPENAI_API_KEY`.

    Args:
        models: one, or an ensemble.
        price: as `prices.read_prices` reads it; it goes before `ANSATZ_PRICE`, and that before
            what is listed.
        settings: `edit`, `crossover`, `temperature` and `extract`, as `Models` takes them.

    Raises:
        Unavailable: if neither is set.
        BadInput: if there is no model, or a setting cannot be.
    """
    return Models(
        Endpoint.from_environment(), models, prices=prices_given(price, models), **settings
    )


class _Known:
    """The concepts known when a proposal was asked for, which are those its reply may refer to."""

    def __init__(self, tree: ConceptTree) -> None:
        self.listing = prompts.list_concepts(tree)
        self._paths = [tree.path(id) for id in range(len(tree))]

    def read(self, reply: str) -> frozenset[tuple[str, ...]] | None:
        """Returns the concept paths a reply names; None if it cannot be read or names none.

        A known id that does not exist, a new concept under such a parent, and a name that cannot
        be a concept's are left out.
        """
        told = _json_in(reply)
        if told is None:
            return None
        ids, new = told.get("known"), told.get("new")
        found = {self._paths[id] for id in ids if self._has(id)} if isinstance(ids, list) else set()
        for entry in (new if isinstance(new, list) else [])[:_MOST_NEW]:
            if not isinstance(entry, dict):
                continue
            name, parent = entry.get("name"), entry.get("parent", 0)
            if isinstance(name, str) and self._has(parent):
                found.add((*self._paths[parent], name.strip()))
        # A program without any concept would tell the search nothing; static analysis finds some.
        return frozenset(path for path in found if path and _is_concept(path)) or None

    def _has(self, id: object) -> bool:
        return type(id) is int and 0 <= id < len(self._paths)


def _read(reply: str, operator: str, parents: Sequence[Member]) -> Candidate:
    if operator == prompts.DIFF and parents:
        return read_edits(reply, parents[0].candidate)
    return read_program(reply, parents[0].candidate.entry if parents else "program.py")


def _is_concept(path: tuple[str, ...]) -> bool:
    """Whether the tree takes the last name of a path; the others are in it."""
    name = path[-1]
    return bool(normalise(name)) and len(name) <= MAX_NAME and len(path) <= MAX_DEPTH


def _json_in(text: str) -> dict[str, Any] | None:
    """Returns the JSON object that a reply is, or that stands in it."""
    for piece in (text, *re.findall(r"\{.*\}", text, re.DOTALL)):
        try:
            told = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict):
            return told
    return None
