"""Spellings: whoever was meant is found, however hurriedly it was typed, and nothing typed keeps the door waiting."""

import time

import pytest

from app.domain import spellings

NAMES = {
    "Owen Stewart": "Stewart & Sons",
    "Siân Rhys": "Rhys & Daughters, law",
    "Gareth Bevan": "Cafés by Bevan",
    "Łukasz Wójcik": "Plumbing",
    "Mary-Jane O'Brien": "",
    "Maximiliane Featherstonehaugh": "Harbour 100% Web_Design",
    "Xu Li": "",
}
ENTRIES = [(name, spellings.entry(name, about)) for name, about in NAMES.items()]


def found(typed: str) -> list[str]:
    return spellings.found(typed, ENTRIES)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sian", "Siân Rhys"),
        ("SIÂN RHYS", "Siân Rhys"),
        ("lukasz wojcik", "Łukasz Wójcik"),
        ("Stewart Owen", "Owen Stewart"),
        ("stewart, owen", "Owen Stewart"),
        ("owen stew", "Owen Stewart"),
        ("g bevan", "Gareth Bevan"),
        ("gb", "Gareth Bevan"),
        ("mjo", "Mary-Jane O'Brien"),
        ("obrien", "Mary-Jane O'Brien"),
        ("maryjane", "Mary-Jane O'Brien"),
        ("daughters", "Siân Rhys"),
        ("plumb", "Łukasz Wójcik"),
        ("xu", "Xu Li"),
    ],
)
def test_accents_case_order_initials_and_firm_find_whom_one_means(typed: str, meant: str) -> None:
    assert found(typed) == [meant]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gareht", "Gareth Bevan"),
        ("garth", "Gareth Bevan"),
        ("garreth bevan", "Gareth Bevan"),
        ("owne steward", "Owen Stewart"),
        ("wojcick", "Łukasz Wójcik"),
        ("bevn", "Gareth Bevan"),
        ("featherstonhuagh", "Maximiliane Featherstonehaugh"),
        ("maximillianne", "Maximiliane Featherstonehaugh"),
        ("stweart", "Owen Stewart"),
    ],
)
def test_one_slip_in_a_short_word_and_two_in_a_long_one_are_forgiven(typed: str, meant: str) -> None:
    assert found(typed) == [meant]


@pytest.mark.parametrize("typed", ["", "   ", "gxryth", "xo", "ovem stuard", "zzzzzzzzzz", "featxxxstonehaugh"])
def test_more_than_that_finds_nobody(typed: str) -> None:
    assert found(typed) == []


def test_no_slip_is_forgiven_where_somebody_is_called_just_that() -> None:
    entries = [(name, spellings.entry(name)) for name in ("Jon Ahmed", "John Ahmed", "Joan Ahmed")]
    assert spellings.found("john", entries) == ["John Ahmed"]


def test_the_likeliest_come_first() -> None:
    entries = [(n, spellings.entry(*n)) for n in (("Ann Lee", "Owen & Co"), ("Bowen Hill", ""), ("Owen Stewart", ""))]
    assert [name for name, _about in spellings.found("owen", entries)] == ["Owen Stewart", "Ann Lee", "Bowen Hill"]
    assert [name for name, _about in spellings.found("owen ste", entries)] == ["Owen Stewart"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("%", ["Maximiliane Featherstonehaugh"]), ("_", ["Maximiliane Featherstonehaugh"]), ("(a+)+$", [])],
)
def test_signs_stand_for_themselves(typed: str, meant: list[str]) -> None:
    """A74."""
    assert found(typed) == meant


@pytest.mark.parametrize("piece", ["a", "(a+)+$", "%", "_", "ab ", "ä", "'", "\u0301", "gareth "])
def test_a_hostile_string_keeps_nobody_waiting(piece: str) -> None:
    """A74."""
    many = [(n, spellings.entry(f"Gareth{n} Bevan Featherstonehaugh", "Stewart & Sons of Bristol")) for n in range(500)]
    begin = time.process_time()
    spellings.found(piece * (50_000 // len(piece)), many)
    assert time.process_time() - begin <= 0.1


@pytest.mark.parametrize(
    "words", [("gareth", "gareth", 0), ("gareth", "garteh", 1), ("ca", "abc", 3), ("kitten", "sitting", 3)]
)
def test_the_distance_is_optimal_string_alignment(words: tuple[str, str, int]) -> None:
    one, other, slips = words
    assert spellings.distance(one, other, 5) == spellings.distance(other, one, 5) == slips
    assert spellings.distance(one, other, 0) >= min(slips, 1)
