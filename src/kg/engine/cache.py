"""Answers kept for repeats. A release never changes, so an answer is right for as long as its release is served."""

import threading
from collections import OrderedDict
from dataclasses import replace

from kg.engine.types import Answer, Limits, Query

Key = tuple[str, str | None, str | None, tuple[str, ...], tuple[str, ...], bool, Limits | None]
# What an entry takes beside its body: the key, the objects, the tables.
_OVERHEAD_BYTES = 600


class AnswerCache:
    """Least recently used answers go first when the bound in bytes is reached."""

    def __init__(self, most_bytes: int) -> None:
        """Keep at most so many bytes; none when 0."""
        self._most = most_bytes
        # One large answer must not push out everything else.
        self._most_each = most_bytes // 8
        self._size = 0
        self._entries: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    @staticmethod
    def key(query: Query) -> Key:
        """Give everything that decides an answer beside the release, which the engine fixes."""
        return (
            query.text,
            query.results_type,
            query.graph_type,
            query.default_graphs,
            query.named_graphs,
            query.trusted,
            query.limits,
        )

    @staticmethod
    def concerns(query: Query) -> bool:
        """Whether the answer to a query may be kept: under the limits of all, or where its own limits allow it."""
        return query.limits is None or query.limits.keep

    def get(self, key: Key) -> Answer | None:
        """Give the answer kept for a query, if any; it says that it was kept."""
        with self._lock:
            answer = self._entries.get(key)
            if answer is None:
                self.misses += 1
                return None
            self.hits += 1
            self._entries.move_to_end(key)
        # Said here and not when it is put in: most answers are never asked for again.
        return answer if answer.cached else self._note_hit(key, answer)

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer if it is not too large."""
        size = len(answer.body) + len(key[0]) + _OVERHEAD_BYTES
        if size > self._most_each:
            return
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = answer
            self._size += size
            while self._size > self._most:
                old_key, old = self._entries.popitem(last=False)
                self._size -= len(old.body) + len(old_key[0]) + _OVERHEAD_BYTES

    def _note_hit(self, key: Key, answer: Answer) -> Answer:
        kept = replace(answer, cached=True)
        with self._lock:
            if self._entries.get(key) is answer:
                self._entries[key] = kept
        return kept

    @property
    def size(self) -> int:
        """Bytes held, overhead included."""
        return self._size
