"""The loop: select parents, propose, evaluate, verify, find concepts, record, update.

Proposals (asyncio) and evaluations (lanes of the executor) go on side by side, so that cores never
wait for tokens. What comes of it does not depend on who is fast: tickets are committed in order,
and the parents of ticket t are selected when ticket t - window has been committed, before any later
one. So the same seed and the same proposals give the same log, bit for bit, whatever the timing,
and a search that was killed goes on from its log as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from tools.discovery.archive import Archive
from tools.discovery.budget import Budget, Reason
from tools.discovery.candidate import Evaluation, Member, Outcome, Spend
from tools.discovery.concepts import ConceptTree
from tools.discovery.progress import Progress, Summary
from tools.discovery.proposers import Proposal, Request
from tools.discovery.static_concepts import concepts_of
from tools.errors import BadInput, Cancelled

if TYPE_CHECKING:
    from tools.discovery.loop import Search
    from tools.discovery.writing import LogWriter

_FAILURES = 4  # recent failures a proposer is shown
_LOOK_UP_EVERY = 0.2  # seconds between questions whether to stop
_GRACE = 20.0  # seconds that proposals under way are waited for when a search is cancelled
_NOTE_EVERY = 1.0  # seconds between updates of the session's row


@runtime_checkable
class Learner(Protocol):
    """A proposer that learns from what became of its proposals, such as which model to ask."""

    def learn(
        self, proposal: Proposal, evaluation: Evaluation | None, parents: tuple[Member, ...]
    ) -> None:
        """Takes in one committed proposal; called in the order of tickets, also in a replay."""
        ...


@runtime_checkable
class Journaled(Protocol):
    """A proposer that keeps what it pays for in the log as soon as it has it."""

    def use_journal(self, log: LogWriter) -> None:
        """Is told the log before the first proposal."""
        ...


@dataclass
class _Ticket:
    """One ticket under way."""

    number: int
    parents: tuple[Member, ...] = ()
    proposal: Proposal | None = None
    evaluation: Evaluation | None = None


@dataclass
class Loop:
    """One session of a search."""

    search: Search
    log: LogWriter
    budget: Budget
    progress: Callable[[Progress], None] | None
    stop: Callable[[], object] | None
    archive: Archive = field(init=False)
    spend: Spend = field(default_factory=Spend)

    def __post_init__(self) -> None:
        self.archive = Archive(ConceptTree.from_json(self.log.header["tree"]))
        self.members: dict[str, int] = {}  # by key of the program
        self.running: dict[str, asyncio.Future[Evaluation]] = {}
        self.failures: deque[Member] = deque(maxlen=_FAILURES)
        self.outcomes: Counter[str] = Counter()
        self.tasks: dict[asyncio.Task[_Ticket], bool] = {}  # whether it is still proposing
        self.finished: deque[asyncio.Task[_Ticket]] = deque()
        self.waking: asyncio.Future[None] | None = None
        self.done: dict[int, _Ticket] = {}
        self.next_commit = 0
        self.launched = 0
        self.reason: Reason | None = None
        self.abandoned = False
        proposer = self.search.proposer
        self.learner = proposer if isinstance(proposer, Learner) else None
        self.spend = self.log.spend()
        self.earlier = self.log.seconds()
        self.begun = self.noted = time.monotonic()
        self.replayed = self.log.committed()
        self.session = self.log.begin_session(())

    # -- the way of a search -----------------------------------------------------------------------

    async def run(self) -> Summary:
        """Runs the session and says in the log how it ended."""
        reason = Reason.FAILED
        try:
            if isinstance(self.search.proposer, Journaled):
                self.search.proposer.use_journal(self.log)
            reason = await self._run()
        except (Cancelled, asyncio.CancelledError):
            reason = Reason.CANCELLED
            await self._abandon()
            raise
        except BaseException:
            await self._abandon()
            raise
        finally:
            self._note(reason)
        return Summary(reason, self.archive, self._count(), self._notices())

    async def _run(self) -> Reason:
        self._launch(0)
        while self.tasks or self.finished or self.done:
            if self.next_commit not in self.done:
                # Otherwise nothing could ever end the waiting.
                assert self.tasks or self.finished, f"ticket {self.next_commit} was not launched"
                await self._wait()
                continue
            ticket = self.done.pop(self.next_commit)
            self._commit(ticket)
            # After the baseline a whole window is launched, then one ticket for each commit.
            first = ticket.number + self.search.window if ticket.number else 1
            for number in range(first, ticket.number + self.search.window + 1):
                self._launch(number)
            # Lets a new proposal look at the tree before another commit changes it.
            await asyncio.sleep(0)
        return self.reason or Reason.EVALUATIONS

    async def _wait(self) -> None:
        """Waits until a ticket is done, or it is time to look up."""
        if not self.finished:
            # By hand: `asyncio.wait` would look at every ticket each time.
            loop = asyncio.get_running_loop()
            self.waking = loop.create_future()
            alarm = loop.call_later(_LOOK_UP_EVERY, self._wake)
            await self.waking
            alarm.cancel()
        while self.finished:
            ticket = self.finished.popleft().result()
            self.done[ticket.number] = ticket
        if self.stop is not None:
            self.stop()
        if time.monotonic() - self.noted > _NOTE_EVERY:
            self._note(Reason.KILLED)

    def _start(self, work: Coroutine[Any, Any, _Ticket], *, proposing: bool) -> None:
        """Sets work on a ticket going."""
        task = asyncio.ensure_future(work)
        self.tasks[task] = proposing
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[_Ticket]) -> None:
        del self.tasks[task]
        self.finished.append(task)
        self._wake()

    def _wake(self) -> None:
        if self.waking is not None and not self.waking.done():
            self.waking.set_result(None)

    async def _abandon(self) -> None:
        """Ends what is under way; proposals are paid for, so they are waited for and kept."""
        self.abandoned = True
        proposing = [task for task, still in self.tasks.items() if still and not task.done()]
        for task, still in self.tasks.items():
            if not still:
                task.cancel()
        if proposing:
            await asyncio.wait(proposing, timeout=_GRACE)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, *self.finished, return_exceptions=True)

    # -- one ticket --------------------------------------------------------------------------------

    def _launch(self, number: int) -> None:
        """Starts a ticket: takes its proposal from the log, or selects parents for a new one."""
        if number >= self.budget.evaluations:
            return
        known = self.log.proposal(number)
        if known is not None:
            ids, proposal = known
            parents = tuple(self.archive.members[id] for id in ids)
            ticket = _Ticket(number, parents, proposal)
            made = proposal.candidate
            ticket.evaluation = None if made is None else self.log.evaluation(made.key)
            if made is None or ticket.evaluation is not None:
                self.done[number] = ticket
                return
            self._start(self._evaluate(ticket), proposing=False)
            return
        # A ticket below one in the log had been launched before the search was killed, so what was
        # spent since is no reason to leave it out: those after it would wait for it for ever.
        if number > self.log.last_proposal and self.reason is None:
            best = self.archive.best()
            self.reason = self.budget.used_up(
                number, self.spend, self._seconds(), None if best is None else best.score
            )
        if self.reason is None:
            ticket = _Ticket(number, self._select(number))
            request = Request(
                self.search.problem,
                ticket.parents,
                tuple(self.failures),
                self.archive.tree,
                ticket_seed(self.search.seed, number),
            )
            self._start(self._work(ticket, request), proposing=True)

    def _select(self, number: int) -> tuple[Member, ...]:
        import numpy as np

        if not len(self.archive):
            return ()
        # A generator of its own for each ticket: its number is all the state there is to keep.
        rng = np.random.default_rng([self.search.seed, number])
        ids = self.search.policy.select(self.archive, rng, self.search.parents)
        return tuple(self.archive.members[id] for id in ids)

    async def _work(self, ticket: _Ticket, request: Request) -> _Ticket:
        """Proposes and evaluates; each result is in the log before anything else happens."""
        if ticket.number == 0:
            proposal = Proposal(self.search.problem.baseline(), None, "baseline")
        else:
            proposal = await self.search.proposer.propose(request)
        ticket.proposal = proposal
        parents = [member.id for member in ticket.parents]
        self.log.add_proposal(ticket.number, request.seed, parents, proposal)
        self.spend = _sum(self.spend, proposal.spend)
        task = asyncio.current_task()
        if task in self.tasks:
            self.tasks[task] = False
        if self.abandoned or proposal.candidate is None:
            return ticket
        return await self._evaluate(ticket)

    async def _evaluate(self, ticket: _Ticket) -> _Ticket:
        """Evaluates a program once, however many tickets hold it."""
        assert ticket.proposal is not None
        made = ticket.proposal.candidate
        assert made is not None
        known = self.log.evaluation(made.key)
        if known is None and (running := self.running.get(made.key)) is not None:
            known = await asyncio.shield(running)
        if known is None:
            future = asyncio.get_running_loop().create_future()
            self.running[made.key] = future
            try:
                known = await self.search.executor.evaluate(
                    self.search.problem, made, self.search.seed
                )
            except BaseException:
                future.cancel()
                raise
            finally:
                del self.running[made.key]
            self.log.add_evaluation(made.key, known)
            future.set_result(known)
        ticket.evaluation = known
        return ticket

    def _commit(self, ticket: _Ticket) -> None:
        """Makes a ticket part of what later selections see."""
        proposal, evaluation = ticket.proposal, ticket.evaluation
        assert proposal is not None
        made = proposal.candidate
        known = len(self.archive.tree)
        member = repeats = None
        concepts: frozenset[int] = frozenset()
        if made is None or evaluation is None:
            self.outcomes["no program"] += 1
        elif (repeats := self.members.get(made.key)) is not None:
            self.outcomes["repeated"] += 1
        else:
            member = len(self.archive)
            paths = concepts_of(made) if proposal.concepts is None else proposal.concepts
            concepts = _close(self.archive.tree, paths)
            ids = tuple(parent.id for parent in ticket.parents)
            new = Member(member, made, evaluation, ids, concepts)
            self.archive.add(new)
            self.members[made.key] = member
            self.outcomes[evaluation.outcome.value] += 1
            if evaluation.outcome is not Outcome.OK:
                self.failures.appendleft(new)
        grown = [self.archive.tree.node(id) for id in range(known, len(self.archive.tree))]
        self.log.commit(ticket.number, member, repeats, concepts, grown, self._seconds())
        self.next_commit += 1
        if self.learner is not None and ticket.number:
            self.learner.learn(proposal, evaluation, ticket.parents)
        if self.progress is not None:
            self.progress(self._count())

    # -- counting ----------------------------------------------------------------------------------

    def _count(self) -> Progress:
        session = time.monotonic() - self.begun
        return Progress(
            self.next_commit,
            self.budget.evaluations,
            self.archive.best(),
            self.spend,
            self._seconds(),
            max(self.next_commit - self.replayed, 0) / session if session else 0.0,
            dict(self.outcomes),
            self.replayed,
        )

    def _seconds(self) -> float:
        return self.earlier + time.monotonic() - self.begun

    def _notices(self) -> tuple[str, ...]:
        own: tuple[str, ...] = getattr(self.search.proposer, "notices", ())
        return (*self.search.executor.notices, *own)

    def _note(self, reason: Reason) -> None:
        self.noted = time.monotonic()
        self.log.update_session(self.session, self.noted - self.begun, reason, self._notices())


def ticket_seed(seed: int, ticket: int) -> int:
    """Returns the seed of a ticket's proposal, below 2**63; all of its randomness comes from it."""
    digest = blake2b(f"{seed} {ticket}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _close(tree: ConceptTree, paths: frozenset[tuple[str, ...]]) -> frozenset[int]:
    """Adds paths to the tree; one that cannot be a concept is left out."""
    found: set[int] = set()
    for path in sorted(paths):
        # A model may send sentences for names; the program is not to blame.
        with contextlib.suppress(BadInput):
            found |= tree.close([path])
    return frozenset(found)


def _sum(a: Spend, b: Spend) -> Spend:
    return Spend(*(getattr(a, f.name) + getattr(b, f.name) for f in fields(Spend)))
