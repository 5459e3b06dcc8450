"""What is kept and who answers for it: one tap from the three fields and from the foot of every page."""

import re
from contextvars import Context
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import clock
from app.domain import cards, complaints, contacts, encounters, notices, occasions, prompts
from app.domain.complaints import Complaint
from app.domain.events import Event
from app.domain.groups import ORGANISER, Group, Membership
from app.domain.notices import Notice
from tests import cast
from tests.cast import Cast
from tests.infrastructure.visitors import Visitor


def test_the_notice_stands_at_the_three_fields(session, world: Cast, stranger: Visitor) -> None:
    """P159, P176, D6."""
    page = stranger.get(f"/e/{world.event.code}/new").text
    assert f'href="/e/{world.event.code}/privacy"' in page
    assert "how to have it erased" in page


def test_every_page_leads_to_what_is_kept_and_to_complaints(session, world: Cast, stranger, hers) -> None:
    """P177."""
    for page in (stranger.get("/"), stranger.get("/nothing"), stranger.get("/sign-in"), hers.get("/today")):
        assert 'href="/privacy"' in page.text
        assert 'href="/complain"' in page.text


def test_a_groups_notice_names_whom_it_answers_through(app, session, world: Cast, stranger, new_client) -> None:
    """P176."""
    cleo, where = new_client().sign_in(world.cleo), f"/groups/{world.group.id}/privacy"
    assert "named anybody" in stranger.get(f"/e/{world.event.code}/privacy").text
    assert cleo.post(where, data={"contact_name": "Cleo Nowak", "contact_email": "no"}).status_code == 422
    named = {"contact_name": "Cleo Nowak", "contact_email": "Privacy@Example.org"}
    assert cleo.post(where, data=named).status_code == 303
    assert "Saved" in cleo.get(f"{where}?done=1").text
    page = stranger.get(f"/e/{world.event.code}/privacy").text
    assert "Cleo Nowak" in page
    assert "mailto:privacy@example.org" in page
    assert "controller" in page
    assert "processor" in page
    assert stranger.get("/e/NOTTHERE/privacy").status_code == 404


def test_the_installation_says_whom_to_write_to(app, session, stranger: Visitor) -> None:
    """A158, P176."""
    assert stranger.get("/.well-known/security.txt").status_code == 404
    app.config["CONTACT"] = "post@example.org"
    text = stranger.get("/.well-known/security.txt")
    assert text.mimetype == "text/plain"
    assert "Contact: mailto:post@example.org\n" in text.text
    assert "Expires: 2027-11-24T00:00:00Z" in text.text
    assert "post@example.org" in stranger.get("/privacy").text


def test_a_complaint_gets_a_number_and_its_words_are_sealed(app, session, world: Cast, stranger: Visitor) -> None:
    """P177."""
    answer = stranger.post("/complain", data={"text": "Huw shouted at me.", "email": "sian@example.org"})
    session.rollback()
    complaint = session.scalars(select(Complaint)).one()
    assert answer.location == f"/complain/{complaint.reference}"
    assert complaint.reference[:4] in stranger.get(answer.location).text
    assert b"shouted" not in complaint.sealed
    letter = session.scalars(select(Notice)).one()
    assert (letter.kind, letter.email, letter.due_at) == (notices.COMPLAINT, "sian@example.org", complaint.received_at)
    assert letter.data == {"reference": complaint.reference}
    session.remove()

    def shell(*args: str):
        return Context().run(app.test_cli_runner().invoke, args=list(args), env={"COLUMNS": "200"})

    assert "Huw shouted at me." in shell("complaints").output
    settled = shell("settle-complaint", complaint.reference, "Spoke with Huw")
    assert settled.exit_code == 0, settled.output
    assert complaint.reference not in shell("complaints").output
    assert "Spoke with Huw" in shell("complaints", "--all").output
    assert shell("settle-complaint", "00000000", "x").exit_code == 1


@pytest.mark.parametrize(("text", "email"), [("", ""), ("  \n ", ""), ("Help", "no address"), ("x" * 4001, "")])
def test_a_complaint_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    session, world, stranger: Visitor, text: str, email: str
) -> None:
    answer = stranger.post("/complain", data={"text": text, "email": email})
    assert answer.status_code == 422
    assert email in answer.text
    session.rollback()
    assert not session.scalars(select(Complaint)).all()


def test_one_browser_may_complain_five_times_an_hour(session, world: Cast, stranger: Visitor) -> None:
    answers = [stranger.post("/complain", data={"text": "Again"}).status_code for _time in range(6)]
    assert answers == [303] * 5 + [429]


def test_no_address_gets_more_than_three_numbers_a_day(session, world, new_client) -> None:
    for _time in range(5):
        new_client().post("/complain", data={"text": "Mine", "email": "victim@example.org"})
    session.rollback()
    assert len(session.scalars(select(Notice)).all()) == 3


def test_what_was_settled_three_years_ago_has_lost_its_words(session, clock) -> None:
    """P173."""
    complaint = complaints.take("Long ago", "sian@example.org", None, clock.now)
    complaints.settle(complaint.reference, "Answered", clock.now)
    complaints.forget(clock.move(days=3 * 365 - 1))
    session.expire_all()
    assert complaint.text == "Long ago"
    complaints.forget(clock.move(days=1))
    session.expire_all()
    assert (complaint.text, complaint.email, complaint.outcome) == ("", "", "")


def test_the_last_organiser_closes_the_group_with_everything_it_kept(session, world: Cast, new_client) -> None:
    """P176: tenant deletion."""
    cast.arrive(world.event, world.ada, world.ben)
    now = clock.now()
    contacts.meet(world.ada, world.ben, uuid4(), encounters.CARD, world.event, now, now)
    session.commit()
    cleo, where = new_client().sign_in(world.cleo), f"/groups/{world.group.id}/close"
    assert "Bread &amp; Butter" in cleo.get(where).text
    assert cleo.post(where, data={"name": "Bread"}).status_code == 422
    assert cleo.post(where, data={"name": "bread & butter"}).status_code == 303
    session.rollback()
    assert (session.scalar(select(func.count()).select_from(Group)), session.scalars(select(Event)).all()) == (0, [])
    kept = session.scalars(select(encounters.Encounter)).one()
    assert (kept.event_id, kept.local_day) == (None, world.event.day)
    assert occasions.of(world.ada)[0].meetings


def test_while_others_organise_it_nobody_closes_a_group(session, world: Cast, new_client) -> None:
    session.add(Membership(group_id=world.group.id, person_id=world.ada.id, role=ORGANISER, joined_at=clock.now()))
    session.commit()
    cleo, where = new_client().sign_in(world.cleo), f"/groups/{world.group.id}/close"
    assert "Others organise this group too" in cleo.get(where).text
    assert cleo.post(where, data={"name": "Bread & Butter"}).status_code == 409


@pytest.mark.parametrize(("path", "most"), [("/privacy", 1), ("/complain", 1), ("/gone", 1)])
def test_these_pages_ask_next_to_nothing(
    session, world: Cast, stranger: Visitor, queries, path: str, most: int
) -> None:
    stranger.get(path)
    with queries() as asked:
        assert stranger.get(path).status_code == 200
    assert asked.count <= 1, asked


# What holds already, and stays so


def test_no_letter_sells_anything_or_invites_anybody(app) -> None:
    """P161, P162: letters are about one's own mornings and meetings; there is no kind of letter for anything else."""
    letters = Path(app.root_path).parent / "templates/letters"
    sold = re.compile(
        r"\b(sponsor|discount|upgrade|premium|newsletter|invite (a|your) (friend|colleague))", re.IGNORECASE
    )
    for file in letters.rglob("*.*"):
        text = file.read_text()
        assert not sold.search(text), file
        assert not re.search(r"https?://(?!www\.w3\.org)", text), f"{file} leads to another place"
        assert "<img" not in text, file
    about_oneself = {"follow_up", "one_to_one", "invitation", "agreement", "before", "moved", "cancelled", "kept"}
    about_oneself |= {"address_changed", "complaint", "trial"}
    assert {*prompts.KINDS, *notices.KINDS} <= about_oneself, "a new kind of letter: whose own business is it?"


def test_what_is_put_right_on_a_card_is_right_for_everybody_who_has_it(session, world: Cast, bens: Visitor) -> None:
    """P178."""
    now = clock.now()
    contacts.meet(world.ben, world.ada, uuid4(), encounters.CARD, now.date(), now, now)
    cards.put(cards.of(world.ada), "company", "Bevan & Dauhgter", cards.ANYONE)
    session.commit()
    contact = contacts.find(world.ben, world.ada)
    assert "Dauhgter" in bens.get(f"/people/{contact.id}").text
    cards.put(cards.of(world.ada), "company", "Bevan & Daughter", cards.ANYONE)
    world.ada.name = "Ada Bevan-Lee"
    session.commit()
    page, vcard = bens.get(f"/people/{contact.id}").text, bens.get(f"/people/{contact.id}.vcf").text
    for answer in (page, vcard, bens.get("/people").text):
        assert "Bevan-Lee" in answer
        assert "Dauhgter" not in answer


def test_an_organiser_takes_nobodys_address_or_number_out(app, session, world: Cast, new_client) -> None:
    """P175, P174."""
    cast.arrive(world.event, world.ada)
    cards.put(cards.of(world.ada), "phone", "+44 117 496 0123", cards.ANYONE, "GB")
    session.commit()
    cleo = new_client().sign_in(world.cleo)
    table = cleo.get(f"/events/{world.event.id}/attendance.csv").text
    assert "Ada Bevan" in table
    assert "ada@example.org" not in table
    assert "496" not in table


@pytest.mark.parametrize("path", ["/", "/privacy", "/nothing", "/healthz", "/static/nothing"])
def test_no_other_origin_is_let_in_by_a_header(app, session, world, stranger: Visitor, path: str) -> None:
    """A89."""
    answer = stranger.get(path, headers={"Origin": "https://evil.example"})
    assert not [name for name, _value in answer.headers if name.lower().startswith("access-control-")]
