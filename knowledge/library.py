"""The library: the one object through which the other rooms use what is known."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from knowledge.answer import Answer, answer
from knowledge.card import CARDS_FOLDER, Card, read_cards
from knowledge.citation import bibtex_of
from knowledge.database import Database
from knowledge.document import Document
from knowledge.documents import Documents
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeError
from knowledge.filling import Filling
from knowledge.filter import Filter
from knowledge.health import Health, health_of
from knowledge.index import Index
from knowledge.ingest import Line, ingest
from knowledge.passage import Passage
from knowledge.reading import key_of, read_text
from knowledge.remote import chosen_embedder
from knowledge.resolve import resolve
from knowledge.search import Snapshot, search, take_snapshot
from knowledge.vectors import BATCH, Vectors

_TITLE = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)

log = logging.getLogger(__name__)


class Library:
    """Cards and documents of one folder, and search over them.

    Threads may share a library; processes may open the same folder at the same time. Text
    that search returns is untrusted data: it may say anything, also to a language model.

    Attributes:
        folder: where its files are.
        notices: sentences about every fallback taken, oldest first, to be shown to people.
    """

    def __init__(self, folder: Path, cards: list[Card], embedder: Embedder) -> None:
        """Use `Library.open`."""
        self.folder = folder
        self.notices: list[str] = []
        self._cards = cards
        self._embedder = embedder
        self._database = Database(folder / "library.sqlite3")
        self._documents = Documents(self._database)
        self._vectors = Vectors(self._database, embedder)
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        self._index = Index(folder, self._vectors.model, self._announce)
        self._filling = Filling(folder, self._vectors, self._documents.texts, self._announce)

    @classmethod
    def open(
        cls, folder: Path, *, cards: Path = CARDS_FOLDER, embedder: Embedder | None = None
    ) -> Library:
        """Opens the library of a folder, creating it and bringing the cards up to date.

        Vectors of the shipped cards come with the program; those of other cards are computed
        here, once. What an interrupted call left without a vector is found by its words and
        embedded meanwhile. The vector index is opened by the first search.

        Args:
            folder: for the library's files; created when missing.
            cards: folder of card files.
            embedder: by default what the environment asks for, else the one that ships.

        Raises:
            KnowledgeError: the folder, a card or the embedding model is unusable.
        """
        library = cls(folder, read_cards(cards), embedder or chosen_embedder(os.environ))
        try:
            synced = library._documents.sync_cards(library._cards)
            if synced.added or synced.changed or synced.removed:
                log.info("cards synced", extra={"added": synced.added, "changed": synced.changed})
            library._vectors.fill(library._documents.texts(cards_only=True))
            library._go_on(library.waiting())
        except BaseException:
            library.close()
            raise
        return library

    def search(self, query: str, k: int = 5, where: Filter | None = None) -> list[Passage]:
        """Returns the k passages that answer a question best, best first.

        Something is always returned; `Passage.relevant` says whether it bears on the question.

        Raises:
            KnowledgeError: empty query, or k below 1.
        """
        snapshot = self._current()
        return search(query, k, snapshot, self._index, self._embedder, self._documents, where)

    def passage(self, id: str) -> Passage:
        """Returns the passage of an id such as "paul2021:limits".

        Raises:
            KnowledgeError: unknown id, with close ones.
        """
        return self._documents.passage(id)

    def card(self, key: str) -> Card:
        """Returns the card of a citation key.

        Raises:
            KnowledgeError: unknown key.
        """
        for card in self._cards:
            if card.key == key:
                return card
        keys = ", ".join(card.key for card in self._cards)
        raise KnowledgeError(f"card {key!r}: unknown; there are {keys}")

    def cards(self) -> list[Card]:
        """Returns all cards, by key."""
        return list(self._cards)

    def resolve(self, name: str) -> Card:
        """Finds the card meant by a key, an arXiv id or address, or words of the title.

        Raises:
            KnowledgeError: nothing matches, or several cards do.
        """
        return resolve(name, self._cards)

    def documents(self) -> list[Document]:
        """Returns everything the library holds, cards included, by key."""
        return self._documents.all()

    def document(self, key: str) -> Document:
        """Returns one document with its whole text.

        Raises:
            KnowledgeError: unknown key, with close ones.
        """
        return self._documents.get(key)

    def add(
        self, path_or_text: Path | str, *, title: str | None = None, key: str | None = None
    ) -> Document:
        """Adds a text of the user's own, or replaces the one of the same key.

        A long text is found by its words at once; its vectors follow in the background.

        Args:
            path_or_text: a `Path` is read as a UTF-8 file (.md or .txt); a `str` is the text.
            title: by default the first heading, else the file's name.
            key: by default made from the title.

        Raises:
            KnowledgeError: unreadable or empty text, no title, or the key of a card.
        """
        source = path_or_text if isinstance(path_or_text, str) else read_text(path_or_text)
        if title is None:
            heading = _TITLE.search(source)
            if heading is None and isinstance(path_or_text, str):
                raise KnowledgeError(
                    "document: title: missing; pass title=..., or begin the text with '# Title'"
                )
            title = heading[1] if heading else Path(path_or_text).stem
        document = Document(key or key_of(title), "text", title, source)
        self._documents.put(document)
        self._go_on(self.waiting())
        return document

    def ask(self, question: str, k: int = 5, where: Filter | None = None) -> Answer:
        """Answers in sentences quoted from the k best passages; says when it does not know.

        Raises:
            KnowledgeError: empty question, or k below 1.
        """
        return answer(question, self.search(question, k, where), self._embedder)

    def bibtex(self, key: str) -> str:
        """Returns the BibTeX entry of a card or document.

        Raises:
            KnowledgeError: unknown key.
        """
        for card in self._cards:
            if card.key == key:
                return card.bibtex()
        return bibtex_of(self._documents.get(key))

    def ingest(
        self,
        paths: Sequence[Path],
        report: Callable[[Line], None] = lambda line: None,
        progress: Callable[[int, int], None] | None = None,
        wait: bool = True,
    ) -> list[Line]:
        """Adds files and folders: text, Markdown, HTML, BibTeX, RIS, PDF, LaTeX, listings.

        What has not changed since it was last read is not read again, so that a call that was
        killed is continued by the same call. A bad file costs one line of the report. What is
        stored is found by its words at once; vectors follow, and where this is interrupted, by
        Ctrl-C or a kill, the next opening goes on with them.

        Args:
            paths: files or folders.
            report: called with the line of each file as soon as it is stored.
            progress: called with (texts embedded, texts to embed).
            wait: whether to return only when every text has its vector.
        """
        lines = ingest(paths, self._documents, report)
        if wait:
            self._fill(progress)
        else:
            self._go_on(self.waiting())
        return lines

    def waiting(self) -> int:
        """Returns how many texts have no vector yet."""
        return len(self._vectors.missing(self._documents.texts()))

    def wait(self) -> None:
        """Waits until every text has its vector.

        Raises:
            KnowledgeError: embedding failed.
        """
        self._filling.wait()

    def remove(self, key: str) -> None:
        """Removes a document of the user's own.

        Raises:
            KnowledgeError: unknown key, or the key of a card.
        """
        self._documents.remove(key)

    def health(self) -> list[Health]:
        """Checks every part of the library, opening what is not open yet."""
        return health_of(
            self._database,
            self._documents,
            self._vectors,
            self._embedder,
            self._index,
            self._current,
        )

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Makes everything derived anew: missing vectors and the whole vector index.

        Args:
            progress: called with (steps done, steps in all), ending with the two equal.

        Raises:
            KnowledgeError: another process owns the index, or it cannot be made.
        """
        with self._lock:
            self._documents.sync_cards(self._cards)
            texts = self._documents.texts()
            self._vectors.drop_unused(texts)
            total = len(self._vectors.missing(texts)) + self._documents.count()

            def report(done: int) -> None:
                if progress is not None:
                    progress(done, total)

            with self._filling.paused():
                self._vectors.fill(texts, lambda done, _: report(done))
            self._snapshot = self._take()
            self._index.rebuild(self._snapshot.entries)
            report(total)

    def close(self) -> None:
        """Lets go of all files; closing twice does no harm."""
        self._filling.stop()
        with self._lock:
            self._index.close()
            self._database.close()

    def __enter__(self) -> Library:
        """Returns the library itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the library."""
        self.close()

    def _current(self) -> Snapshot:
        """Returns what is searchable now, after changes by any process."""
        with self._lock:
            now = self._snapshot
            if now is None or now.revision != self._documents.revision or self._has_grown(now):
                now = self._snapshot = self._settled()
                self._index.load(now.entries)
            return now

    def _has_grown(self, now: Snapshot) -> bool:
        """Whether half of what waited for its vector has one: so a long wait looks rarely."""
        return now.waiting > 0 and self._filling.left <= now.waiting // 2

    def _settled(self) -> Snapshot:
        """Takes a snapshot; a handful of missing vectors is computed first, more in a thread."""
        self._go_on(self.waiting())
        now = self._take()
        if now.waiting > BATCH:
            self._announce(
                f"{now.waiting} texts wait for their vectors and are found by their words only"
            )
        return now

    def _go_on(self, left: int) -> None:
        """Embeds what is left: a handful at once, more in the background."""
        if left > BATCH:
            self._filling.start(left)
        elif left:
            self._vectors.fill(self._documents.texts())

    def _fill(self, progress: Callable[[int, int], None] | None = None) -> None:
        with self._filling.paused():
            self._vectors.fill(self._documents.texts(), progress)

    def _take(self) -> Snapshot:
        # The revision is read first: a change in between makes the next search look again.
        revision = self._documents.revision
        return take_snapshot(revision, self._documents, self._vectors)

    def _announce(self, notice: str) -> None:
        log.info("notice", extra={"notice": notice})
        self.notices.append(notice)
