"""Discretion: how a number about meetings and what came of them is told, so that it tells of no two people."""

from enum import StrEnum
from typing import NamedTuple

TOO_FEW_TO_TELL = 5


class How(StrEnum):
    """Whether a number is told as it is, or only what it lies below or is no less than."""

    EXACT = "exact"
    FEWER = "fewer"
    AT_LEAST = "at_least"


class Told(NamedTuple):
    """A number as it may be told: `number` itself, or the bound that it keeps to."""

    how: How
    number: int

    @property
    def at_least(self) -> int:
        """Return the most that may be said to be there for certain: what a drawing fills."""
        return 0 if self.how == How.FEWER else self.number

    @property
    def at_most(self) -> int:
        """Return the most that there may be: how far a drawing may reach."""
        slack = {How.EXACT: 0, How.FEWER: -1, How.AT_LEAST: TOO_FEW_TO_TELL - 2}
        return self.number + slack[self.how]


def told(part: int, whole: int | None = None) -> Told:
    """Tell `part` of a `whole` that is told as it is, without giving away 1 to 4 of either side.

    1 to 4 read "fewer than 5". Where 1 to 4 are left over, only that it is at least the whole less four. In a whole
    so small that the two would overlap, everything between none and all reads alike: fewer than the whole.
    """
    if part == 0 or (part == whole and part >= TOO_FEW_TO_TELL):
        return Told(How.EXACT, part)
    if whole is not None and TOO_FEW_TO_TELL <= whole < 2 * TOO_FEW_TO_TELL - 1:
        return Told(How.FEWER, whole)
    if part < TOO_FEW_TO_TELL:
        return Told(How.FEWER, TOO_FEW_TO_TELL)
    if whole is not None and whole - part < TOO_FEW_TO_TELL:
        return Told(How.AT_LEAST, whole - TOO_FEW_TO_TELL + 1)
    return Told(How.EXACT, part)
