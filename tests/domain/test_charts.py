"""Charts: lengths follow the numbers, and stay inside the drawing."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain import charts

PAIRS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)).map(sorted).map(tuple), max_size=20)


@given(PAIRS)
def test_columns_stand_side_by_side_inside_the_drawing(counts):
    columns = charts.columns(counts, 300, 110)
    assert len(columns) == len(counts)
    edges = [edge for column in columns for edge in (column.x, column.x + column.width)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= 300.1 for edge in edges)
    for column in columns:
        assert 0 <= column.top <= 110
        assert abs(column.top + column.height - 110) < 0.2
        assert abs(column.part_top + column.part - 110) < 0.2
        assert column.part <= column.height


def test_the_highest_column_is_as_high_as_the_drawing_and_half_as_many_half_as_high():
    low, high = charts.columns([(5, 20), (40, 40)], 300, 110)
    assert (high.top, high.height) == (0, 110)
    assert (low.height, low.part) == (55, 13.8)


def test_noughts_draw_nothing():
    assert charts.columns([], 300, 110) == []
    [column] = charts.columns([(0, 0)], 300, 110)
    assert (column.height, column.part) == (0, 0)
    assert charts.strips([(0, 0)], 300, 52) == [(0, 0, 0)]


@given(PAIRS)
def test_strips_lie_below_one_another_and_are_never_surer_than_they_are_long(counts):
    strips = charts.strips(counts, 300, 52)
    assert [strip.y for strip in strips] == [52 * number for number in range(len(counts))]
    assert all(0 <= strip.sure <= strip.perhaps <= 300 for strip in strips)
