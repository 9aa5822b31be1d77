"""How far one word is from another, and which known words are near an unknown one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache


@lru_cache(maxsize=100_000)
def distance(one: str, other: str, most: int) -> int:
    """Return the number of letters to add, drop, change or swap with their neighbour; `most` + 1 when it is more.

    This is the optimal string alignment distance.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def allowed(word: str) -> int:
    """Return how many typing errors a word of its length may have and still be told from others."""
    # Another number is another thing: the 12th plan is not the 13th.
    if len(word) < 4 or any(letter.isdigit() for letter in word):
        return 0
    return 1 if len(word) < 8 else 2


class Neighbours:
    """Finds the known words within the allowed distance of a word, without looking at all of them.

    Words at a distance of n share a form with n letters left out (the symmetric deletes of SymSpell).
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Index the words."""
        self._by_form: dict[str, list[str]] = defaultdict(list)
        for word in sorted(set(words)):
            for form in _forms(word, allowed(word)):
                self._by_form[form].append(word)

    def near(self, word: str) -> Iterator[tuple[str, int]]:
        """Yield each known word near a word, and its distance."""
        seen: set[str] = set()
        for form in _forms(word, allowed(word)):
            for known in self._by_form.get(form, ()):
                if known not in seen:
                    seen.add(known)
                    most = min(allowed(word), allowed(known))
                    found = distance(word, known, most)
                    if found <= most:
                        yield known, found


def _forms(word: str, leave_out: int) -> set[str]:
    forms = {word}
    last = {word}
    for _ in range(leave_out):
        last = {form[:place] + form[place + 1 :] for form in last for place in range(len(form))}
        forms |= last
    return forms
