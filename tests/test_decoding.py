"""What reads a code: the app's own ladder of decoders, before a few of the frames of bench/decoding.py."""

from collections.abc import Iterator

import pytest

from bench import decoding, sights
from bench.decoding import Eyes, Frames
from tests.infrastructure import node

# No small decoder reads any frame of that card from far away; blurred like this one it is read only sharpened.
SEEDS = {"far: 70 cm": 4, "blur": 3}


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    assert node.find(), node.MISSING
    with decoding.eyes() as opened:
        yield opened


@pytest.mark.parametrize("cell", sights.CELLS, ids=lambda cell: cell.name)
def test_a_card_is_read_within_three_seconds_near_and_far_blurred_dim_under_a_lamp_and_in_print(cell, eyes) -> None:
    """Q22."""
    address, left = sights.sequence(cell, SEEDS.get(cell.name, 0))
    assert eyes.read("ladder", address, Frames(left)).right
