"""What may be typed on a card, and the form it is kept in."""

import time

import pytest

from app.domain import fields
from app.domain.people import NoName, NotAnAddress, NotPlainText
from app.domain.refusals import Unfit


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.org", "https://example.org"),
        ("  www.example.org/me?x=1#y  ", "https://www.example.org/me?x=1#y"),
        ("example.org:8080/me", "https://example.org:8080/me"),
        ("HTTP://Example.org", "HTTP://Example.org"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
        ("mailto:Sian@Example.org", "mailto:sian@example.org"),
        ("tel:07700 900123", "tel:+447700900123"),
    ],
)
def test_a_link_is_kept_so_that_it_can_be_followed(typed, kept):
    assert fields.fit("link", typed, "GB") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "\x1fhttps://example.org",
        "\x00https://example.org",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://example.org/1",
        "view-source:https://example.org",
        "https:",
        "https://",
        "https://localhost",
        "https://example.org@evil.example",
        "https://user:pass@evil.example",
        "https:\\\\evil.example",
        "https://exa mple.org",
        'https://example.org/"onmouseover="alert(1)',
        "https://[::1",
        "https://example.org:99999",
        "hello",
        "mailto:a@b.example, x@y.example",
        "mailto:a@b.example?bcc=x@y.example",
        "tel:12",
        "https://example.org/" + "a" * 400,
    ],
)
def test_a_link_that_leads_astray_is_refused(typed):
    """A71."""
    with pytest.raises(Unfit) as refused:
        fields.fit("link", typed, "GB")
    assert refused.value.field == "link"
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("typed", "country", "kept", "read"),
    [
        ("07700 900123", "GB", "+447700900123", "+44 7700 900123"),
        ("+44 (0)7700-900123", "DE", "+447700900123", "+44 7700 900123"),
        ("0171 1234567", "DE", "+491711234567", "+49 171 1234567"),
    ],
)
def test_a_phone_number_is_kept_as_e164_and_read_in_groups(typed, country, kept, read):
    assert fields.fit("phone", typed, country) == kept
    assert fields.spaced(kept) == read


@pytest.mark.parametrize("typed", ["12", "my number", "+999 1234567890123456", "0"])
def test_what_no_phone_can_have_is_refused(typed):
    with pytest.raises(fields.NotAPhone):
        fields.fit("phone", typed, "GB")


@pytest.mark.parametrize("typed", ["sian", "a@b.example, x@y.example", "sian@", "sian@example.org\nbcc: x@y.example"])
def test_what_is_no_address_is_refused(typed):
    """A77."""
    with pytest.raises(NotAnAddress):
        fields.fit("email", typed, "GB")


@pytest.mark.parametrize("name", [*fields.NAMES, "name"])
@pytest.mark.parametrize("hostile", ["a\r\nb", "a\u2028b", "a\x85b", "a\x00b", "a\x1bb", "a\ud800b", "a" * 1000])
def test_no_field_takes_a_second_line_or_a_control_character_or_a_book(name, hostile):
    """A77."""
    with pytest.raises(Unfit) as refused:
        fields.fit(name, hostile, "GB")
    assert refused.value.field == name


@pytest.mark.parametrize("name", fields.NAMES)
def test_nothing_typed_is_nothing_kept(name):
    assert fields.fit(name, "  ", "GB") == ""


def test_only_a_name_must_be_there():
    with pytest.raises(NoName):
        fields.fit("name", " ", "GB")


@pytest.mark.parametrize(
    "words", ['"><svg onload=alert(1)>', "{{7*7}}", "</script>", "Siân 👩🏽‍🍳", "\u05e9\u05d9\u05d0\u05df"]
)
def test_words_are_kept_as_they_are(words):
    assert fields.fit("company", words, "GB") == words


def test_everything_wrong_is_said_at_once():
    wrong = fields.problems({"name": "", "email": "sian", "company": "Rhys & Co", "link": "data:,x"}, "GB")
    assert {name: type(unfit) for name, unfit in wrong.items()} == {
        "name": NoName,
        "email": NotAnAddress,
        "link": fields.NotALink,
    }


@pytest.mark.parametrize("name", ["link", "phone", "email"])
@pytest.mark.parametrize("hostile", ["a" * 50_000, "." * 50_000, "a.:" * 17_000, "1" * 50_000, "@" * 50_000])
def test_a_long_hostile_text_is_refused_at_once(name, hostile):
    """A74."""
    began = time.process_time()
    with pytest.raises(Unfit):
        fields.fit(name, hostile, "GB")
    assert time.process_time() - began <= 0.1


@pytest.mark.parametrize("preset", fields.PRESETS)
def test_every_preset_says_who_sees_each_field(preset):
    assert fields.PRESETS[preset].keys() == {*fields.NAMES, fields.PHOTO}


def test_a_new_card_gives_nobody_a_way_to_reach_its_owner():
    """P159."""
    begins = fields.PRESETS[fields.RESERVED]
    assert [name for name, level in begins.items() if level == fields.ANYONE] == ["what_i_do"]
    assert [name for name, level in begins.items() if level == fields.NOBODY] == ["email", "phone"]


def test_no_control_character_is_mistaken_for_white_space():
    with pytest.raises(NotPlainText):
        fields.link("\x1chttps://example.org", "GB")
