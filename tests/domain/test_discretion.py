"""Discretion: nothing that is told about a part of a whole gives away one to four people."""

from collections import defaultdict

import pytest

from app.domain.discretion import How, told

WHOLES = range(1, 60)


@pytest.mark.parametrize("part", [1, 2, 3, 4])
@pytest.mark.parametrize("whole", [None, 9, 43])
def test_one_to_four_read_fewer_than_five(part, whole):
    """P174, D15."""
    assert told(part, whole) == (How.FEWER, 5)


def test_what_is_left_over_is_as_little_told_as_the_number_itself():
    """P174. 41 of 43 would tell of two."""
    assert [told(part, 43) for part in (39, 40, 41, 42)] == [(How.AT_LEAST, 39)] * 4
    assert told(38, 43) == (How.EXACT, 38)


def test_none_and_all_are_told():
    assert (told(0, 43), told(0), told(43, 43)) == ((How.EXACT, 0), (How.EXACT, 0), (How.EXACT, 43))
    assert told(4, 4) == (How.FEWER, 5)


@pytest.mark.parametrize("whole", WHOLES)
def test_whatever_is_told_one_to_four_of_either_side_might_be_another_number_too(whole):
    """P174. Of every small number and every small rest, at least one other would have read alike."""
    alike = defaultdict(set)
    for part in range(1, whole):
        alike[told(part, whole)].add(part)
    for parts in alike.values():
        small = {part for part in parts if part < 5 or whole - part < 5}
        assert not small or len(parts) > 1 or whole == 2, (whole, parts)


@pytest.mark.parametrize("whole", WHOLES)
def test_whatever_is_told_is_true(whole):
    for part in range(whole + 1):
        how, number = told(part, whole)
        assert {How.EXACT: part == number, How.FEWER: part < number, How.AT_LEAST: part >= number}[how]


@pytest.mark.parametrize("whole", WHOLES)
def test_a_drawing_fills_what_is_certain_and_reaches_as_far_as_may_be(whole):
    assert [told(part, 43).at_least for part in (0, 3, 20, 41)] == [0, 0, 20, 39]
    assert [told(part, 43).at_most for part in (0, 3, 20, 41)] == [0, 4, 20, 42]
    for part in range(whole + 1):
        assert told(part, whole).at_least <= part <= told(part, whole).at_most
