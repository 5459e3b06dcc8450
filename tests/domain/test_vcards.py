"""vCards as other people's software reads them: vobject, and a small reader that knows only the RFC."""

import re

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from app.domain import vcards

FULL = {
    "company": "Rhys & Daughters; Books, Ltd",
    "role": "Bookkeeper",
    "email": "sian@example.org",
    "phone": "+447700900123",
    "links": ["https://example.org/a,b;c?d=1", "https://example.org/blog"],
    "note": "I keep the books for cafés.\nEvenings too; ask, please \\ ring",
}


def read(card: str) -> dict[str, list[str]]:
    """Read one vCard by RFC 2425 §5.8 and RFC 2426 §4: unfold, split at the first colon, undo the escapes."""
    unfolded = card.encode().replace(b"\r\n ", b"").decode()
    assert unfolded.endswith("\r\n")
    assert "\n" not in unfolded.replace("\r\n", "")
    lines = unfolded.removesuffix("\r\n").split("\r\n")
    assert (lines[0], lines[-1]) == ("BEGIN:VCARD", "END:VCARD")
    found: dict[str, list[str]] = {}
    for line in lines[1:-1]:
        label, _, value = line.partition(":")
        assert re.fullmatch(r"[A-Z]+(;TYPE=[A-Z]+)?", label), line
        found.setdefault(label.partition(";")[0], []).append(value)
    return found


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)


def test_every_field_comes_out_as_it_went_in():
    card = vcards.write("Siân Rhys", **FULL)
    found = read(card)
    assert unescaped(found["FN"][0]) == "Siân Rhys"
    assert found["N"] == ["Rhys;Siân;;;"]
    assert unescaped(found["ORG"][0]) == FULL["company"]
    assert unescaped(found["TITLE"][0]) == FULL["role"]
    assert found["EMAIL"] == ["sian@example.org"]
    assert found["TEL"] == ["+447700900123"]
    assert found["URL"] == ["https://example.org/a%2Cb%3Bc?d=1", "https://example.org/blog"]
    assert unescaped(found["NOTE"][0]) == FULL["note"]


def test_vobject_reads_every_field():
    parsed = vobject.readOne(vcards.write("Siân Rhys", **FULL))
    assert parsed.version.value == "3.0"
    assert parsed.fn.value == "Siân Rhys"
    assert (parsed.n.value.family, parsed.n.value.given) == ("Rhys", "Siân")
    assert parsed.org.value == [FULL["company"]]
    assert parsed.title.value == "Bookkeeper"
    assert parsed.email.value == "sian@example.org"
    assert parsed.tel.value == "+447700900123"
    assert [url.value for url in parsed.url_list] == [
        "https://example.org/a%2Cb%3Bc?d=1",
        "https://example.org/blog",
    ]
    assert parsed.note.value == FULL["note"]


def test_an_empty_field_is_left_out():
    found = read(vcards.write("Siân Rhys", company=" ", email="", links=["", " "], note="\n"))
    assert found.keys() == {"VERSION", "N", "FN"}


@pytest.mark.parametrize(
    "name",
    [
        "END:VCARD",
        "Ada\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Eve",
        "Ada\nTEL:+15550100",
        "Ada\u2028TEL:1",
        "Ada\x85TEL:1",
        "Ada\x00\x1b[31m",
        "a;b,c\\d\\n",
        '"><svg onload=alert(1)>',
        "{{7*7}}",
        "\u05e9\u05d9\u05d0\u05df \u05db\u05d4\u05df",
        "\u202eadA",
        "Zoë 👩🏽‍🍳🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "W" * 300,
        "é" * 200,
        "👩🏽‍🍳" * 60,
    ],
)
def test_no_name_makes_a_second_card_or_a_property_of_its_own(name):
    """A76, A70."""
    card = vcards.write(name, note=name, company=name)
    found = read(card)
    assert found.keys() == {"VERSION", "N", "FN", "ORG", "NOTE"}
    assert all(len(values) == 1 for values in found.values())
    assert card.count("BEGIN:VCARD\r\n") == 1
    assert max(len(line) for line in card.encode().split(b"\r\n")) <= 75
    [parsed] = vobject.readComponents(card)
    assert len(list(parsed.getChildren())) == 5
    assert parsed.fn.value == unescaped(found["FN"][0])


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/\r\nTEL:1",
        "https://x.org/ü\u2028a",
        "https://x.org/a b\\c",
        "\ud800https://x.org",
    ],
)
def test_no_link_ends_its_line(link):
    """A76."""
    found = read(vcards.write("Ada", links=[link]))
    assert found.keys() == {"VERSION", "N", "FN", "URL"}


@pytest.mark.parametrize(
    ("name", "family", "given_name"),
    [
        ("Owen Stewart", "Stewart", "Owen"),
        ("Mary Ann Evans", "Evans", "Mary Ann"),
        ("Rhys ap Gwilym", "ap Gwilym", "Rhys"),
        ("Anke van der Berg", "van der Berg", "Anke"),
        ("siân rhys", "rhys", "siân"),
        ("Cher", "", "Cher"),
        ("王秀英", "", "王秀英"),
    ],
)
def test_a_name_is_split_before_its_last_word_and_the_small_words_that_belong_to_it(name, family, given_name):
    parsed = vobject.readOne(vcards.write(name))
    assert (parsed.n.value.family, parsed.n.value.given) == (family, given_name)


@given(st.text(min_size=1), st.text())
def test_whatever_is_typed_one_card_with_short_lines_comes_out(name, note):
    """A76."""
    card = vcards.write(name, note=note)
    lines = card.encode().split(b"\r\n")
    assert all(len(line) <= 75 and line.decode() is not None for line in lines)
    found = read(card)
    assert found.keys() <= {"VERSION", "N", "FN", "NOTE"}
    assert len(found["FN"]) == 1
