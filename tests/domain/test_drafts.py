"""Drafts and the links that open them: what they hold, and what they can never hold."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import drafts

WORDS = {"name": "Siân", "me": "Gareth", "event": "Tuesday Breakfast", "looking_for": "cafés", "can_offer": "books"}


def text(draft: drafts.Draft) -> str:
    return "\n\n".join(paragraph % WORDS for paragraph in draft.paragraphs)


def test_a_draft_speaks_first_of_what_the_other_looks_for():
    draft = text(drafts.follow_up(True, False, "cafés", "books"))
    assert "looking for: “cafés”" in draft
    assert "books" not in draft


def test_without_that_it_speaks_of_what_the_other_offers():
    assert "can offer: “books”" in text(drafts.follow_up(True, False, "", "books"))


def test_with_an_empty_card_it_asks():
    assert "whom would you like to be introduced to?" in text(drafts.follow_up(False, False, "", ""))


def test_who_met_before_is_seen_again():
    first, again = drafts.follow_up(True, False, "", ""), drafts.follow_up(False, False, "", "")
    assert "good to meet you" in text(first)
    assert "good to see you again" in text(again)
    assert (first.subject % WORDS, again.subject % WORDS) == (
        "Good to meet you at Tuesday Breakfast",
        "Good to see you at Tuesday Breakfast",
    )


def test_a_promise_is_remembered_without_its_words():
    assert "haven't forgotten what I promised" in text(drafts.follow_up(True, True, "", ""))
    assert "promised" not in text(drafts.follow_up(True, False, "", ""))


def test_mail_opens_with_everything_as_it_was():
    way = drafts.mail("sian+x@example.org", "Good & early?", "Hi,\n\n1 + 1 = 2 # ok & thanks\n")
    parts = urlsplit(way.href)
    assert (parts.scheme, unquote(parts.path), parts.fragment) == ("mailto", "sian+x@example.org", "")
    assert parse_qs(parts.query, strict_parsing=True) == {
        "subject": ["Good & early?"],
        "body": ["Hi,\r\n\r\n1 + 1 = 2 # ok & thanks\r\n"],
    }
    assert way.href.startswith(way.before)


@pytest.mark.parametrize("address", ["a?bcc=x@example.org", "a&cc=b@example.org", "a#b@example.org", "a%0d%0ab@c.org"])
def test_no_address_can_add_a_recipient_or_a_header(address: str):
    """A76."""
    parts = urlsplit(drafts.mail(address, "s", "b").href)
    assert unquote(parts.path) == address
    assert set(parse_qs(parts.query)) == {"subject", "body"}


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1), st.emails())
def test_any_text_survives_every_link(body: str, address: str):
    """A76."""
    for way, sent in (
        (drafts.mail(address, body, body), body.replace("\n", "\r\n")),
        (drafts.sms("+447700900123", body), body),
        (drafts.whatsapp("+447700900123", body), body),
    ):
        assert way.href.isascii()
        assert way.href.isprintable()
        assert unquote(way.href.removeprefix(way.before)) == sent
        assert len(parse_qs(urlsplit(way.href).query, keep_blank_values=True)) == (2 if way.name == "mail" else 1)


def test_texts_go_to_the_number_and_whatsapp_wants_its_digits_only():
    assert drafts.sms("+447700900123", "Hi, you").href == "sms:+447700900123?body=Hi%2C%20you"
    assert drafts.whatsapp("+447700900123", "Hi").href == "https://wa.me/447700900123?text=Hi"


@pytest.mark.parametrize(
    ("number", "does"),
    [
        ("+447700900123", True),
        ("+4915123456789", True),
        ("+12025550123", True),
        ("+442079460018", False),
        ("+448001234567", False),
        ("07700 900123", False),
        ("+44123", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_only_a_number_that_takes_texts_is_texted(number: str, does: bool):
    assert drafts.takes_texts(number) is does


@pytest.mark.parametrize(
    ("link", "is_one"),
    [
        ("https://www.linkedin.com/in/sian", True),
        ("https://linkedin.com/in/sian", True),
        ("https://uk.linkedin.com/in/sian", True),
        ("https://linkedin.com.evil.example/in/sian", False),
        ("https://evil.example/linkedin.com", False),
        ("https://linkedin.com@evil.example/", False),
        ("javascript:alert('linkedin.com')", False),
        ("data:text/html,linkedin.com", False),
        ("java\nscript://linkedin.com/%0aalert(1)", False),
        ("https://[linkedin.com", False),
        ("", False),
    ],
)
def test_linkedin_is_linkedin_and_nothing_that_looks_like_it(link: str, is_one: bool):
    """A71."""
    assert drafts.is_linkedin(link) is is_one


def test_only_what_is_open_offers_a_way():
    def names(email: str = "", phone: str = "", link: str = "") -> list[str]:
        return [way.name for way in drafts.ways(email, phone, link, "s", "b")]

    assert names("a@b.org", "+447700900123", "https://linkedin.com/in/a") == ["mail", "sms", "whatsapp", "linkedin"]
    assert names(phone="+442079460018", link="https://example.org") == []
    assert names() == []
