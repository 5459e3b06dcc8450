"""Spellings: which names somebody may have meant who typed in a hurry. Pure; knows no people, only words."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from app.domain import people

MOST_TYPED, MOST_WORDS, MOST_INITIALS = 80, 6, 4
LONG, SHORT = 8, 4  # letters from which a word may hold two slips, or one; shorter ones are typed as they are

Key = TypeVar("Key")


class Entry(NamedTuple):
    """One name as it is looked up, and what stands beside it, as names are compared, a space before every word."""

    name: str
    about: str


def entry(name: str, about: str = "") -> Entry:
    """Make a name, and the firm and trade beside it, ready to be looked up."""
    return Entry(f" {people.comparable(name)}", f" {people.comparable(about)}")


def words(typed: str) -> list[str]:
    """Return what was typed as words to look up; nobody types more than a name's worth of them at a door."""
    return people.comparable(typed[:MOST_TYPED].replace(",", " ")).split()[:MOST_WORDS]


def found(typed: str, entries: Iterable[tuple[Key, Entry]]) -> list[Key]:
    """Return the keys of those who were meant, the likeliest first, else in the order given.

    Accents, case, word order and what is still to be typed aside; initials will do. Only where nobody fits as it is
    typed is a slip allowed: one in a short word, two in a long one (optimal string alignment, so that swapped
    neighbours are one slip).
    """
    wanted = words(typed)
    if not wanted:
        return []
    known = list(entries)
    return _likeliest(known, _exactly(wanted)) or _likeliest(known, _nearly(wanted))


def _likeliest(known: Sequence[tuple[Key, Entry]], rank: Callable[[Entry], int]) -> list[Key]:
    ranks = [(rank(one), place) for place, (_key, one) in enumerate(known)]
    return [known[place][0] for rank_of, place in sorted(ranks) if rank_of]


def _exactly(wanted: list[str]) -> Callable[[Entry], int]:
    """Return what says how well these words fit an entry as they are typed, 1 the best; 0 for not at all."""
    begins, joined = [f" {word}" for word in wanted], "".join(wanted)
    first = wanted[0]

    def rank(one: Entry) -> int:
        name, about = one
        if first in name or first in about:
            if all(begin in name for begin in begins):
                return 1
            everything = name + about
            if all(begin in everything for begin in begins):
                return 3
            if all(word in everything for word in wanted):
                return 4
        if len(joined) <= MOST_INITIALS and _initials(name) == joined:
            return 2
        return 2 if name.replace(" ", "").startswith(joined) else 0

    return rank


def _initials(name: str) -> str:
    return "".join(part[0] for part in name.split())


def _nearly(wanted: list[str]) -> Callable[[Entry], int]:
    """Return what says how many slips it takes these words to fit an entry, 1 for none; 0 for too many."""
    # One slip leaves one of the first two letters in its place or next to it; two at the very beginning are too many.
    alike = [re.compile(f" .?[{re.escape(word[:2])}]") for word in wanted]

    def rank(one: Entry) -> int:
        everything = one.name + one.about
        if not all(begin.search(everything) for begin in alike):
            return 0
        parts, total = everything.split(), 1
        for word in wanted:
            slips = min((_slips(word, part) for part in parts), default=MOST_TYPED)
            if slips > allowed(word):
                return 0
            total += slips
        return total

    return rank


def allowed(word: str) -> int:
    """Return how many slips are forgiven in a word."""
    return 2 if len(word) >= LONG else 1 if len(word) >= SHORT else 0


def _slips(word: str, part: str) -> int:
    """Return the slips between a typed word and a name's, or the beginning of it; more than allowed is not counted."""
    most = allowed(word)
    if part.startswith(word):
        return 0
    begins_alike = word[0] in part[:2] or word[1:2] in part[:2]
    if not most or not begins_alike or len(word) - len(part) > most:
        return most + 1
    whole = distance(word, part, most) if len(part) - len(word) <= most else most + 1
    return min(whole, distance(word, part[: len(word)], most)) if whole > most else whole


def distance(one: str, other: str, most: int) -> int:
    """Return the optimal string alignment distance of two words, or more than `most` as soon as it must be that."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if abs(len(one) - len(other)) > most:
        return most + 1
    earlier: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, earlier, row = earlier, row, [i]
        for j, against in enumerate(other, start=1):
            cost = min(earlier[j] + 1, row[-1] + 1, earlier[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
