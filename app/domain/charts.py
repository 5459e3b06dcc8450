"""Charts: from numbers to lengths and places of a drawing. Pure; knows no words, no colours and no event."""

from collections.abc import Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """One column of a chart, in the chart's own units from its top left: where it stands, and its two heights.

    `part` is filled from the floor up; the whole column is outlined.
    """

    x: float
    width: float
    middle: float
    top: float
    height: float
    part_top: float
    part: float


class Strip(NamedTuple):
    """One strip of a chart: from the left, `sure` long for certain and perhaps as long as `perhaps`."""

    y: float
    sure: float
    perhaps: float


def columns(counts: Sequence[tuple[int, int]], width: float, height: float, gap: float = 0.25) -> list[Column]:
    """Return a column for each (part, whole) side by side, the highest whole as high as the chart.

    `gap` is the share of each column's room that stays free.
    """
    if not counts:
        return []
    most, room = max(1, *(whole for _part, whole in counts)), width / len(counts)
    columns = []
    for number, (part, whole) in enumerate(counts):
        left, tall, filled = number * room, height * whole / most, height * part / most
        sizes = (left + room * gap / 2, room * (1 - gap), left + room / 2, height - tall, tall, height - filled, filled)
        columns.append(Column(*(round(size, 1) for size in sizes)))
    return columns


def strips(counts: Sequence[tuple[int, int]], width: float, step: float) -> list[Strip]:
    """Return a strip for each (at least, perhaps) below one another, `step` apart, the longest as wide as the chart."""
    most = max((1, *(max(pair) for pair in counts)))
    return [
        Strip(number * step, round(width * sure / most, 1), round(width * max(sure, perhaps) / most, 1))
        for number, (sure, perhaps) in enumerate(counts)
    ]
