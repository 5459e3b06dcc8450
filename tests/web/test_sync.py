"""What phones say happened while they were away: done once, answered by itself, nothing in the way of the rest."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app import clock
from app.domain import contacts, deeds, erasures, partings, receipts
from app.domain.encounters import Encounter, Observation
from app.domain.receipts import Receipt
from app.domain.refusals import Refusal
from tests.web.phones import Phone


def observations(session) -> list[Observation]:
    return list(session.scalars(select(Observation)))


def told(answer) -> str:
    """Return the answers as they were written."""
    return answer.text.partition('"answers":')[2]


def test_a_scan_kept_on_the_phone_is_a_meeting(session, world, adas: Phone) -> None:
    item = adas.scan(world.ben)
    [answer] = adas.answers(item)
    assert (answer["result"], answer["name"], answer["first_name"]) == ("stored", "Ben Okafor", "Ben")
    assert answer["flags"] == []
    assert answer["sheet"] == f"/encounters/{item['id']}"
    assert answer["contact"] == contacts.find(world.ada, world.ben).id
    [encounter] = session.scalars(select(Encounter))
    assert encounter.event_id == world.event.id
    assert "Ben Okafor" in adas.visitor.get(answer["sheet"]).text


def test_an_answer_holds_what_was_agreed_and_no_more(world, adas: Phone) -> None:
    """A147."""
    answer = adas.send(adas.scan(world.ben), adas.scan(world.ada))
    assert list(answer.json) == ["svc", "v", "now", "answers"]
    fields = ["id", "result", "reason", "message", "name", "first_name", "sheet", "contact", "flags"]
    assert [list(one) for one in answer.json["answers"]] == [fields, fields]
    assert answer.content_type == "application/json"


@pytest.mark.both_databases
def test_the_same_item_ten_times_is_done_once_and_answered_alike(session, world, adas: Phone) -> None:
    """O43, B1. Whatever became of the answers on the way."""
    scan = adas.scan(world.ben)
    batch = [scan, adas.scan(world.ada), adas.kept("line", of=scan["id"], text="Cycles in")]
    answers = {told(adas.send(*batch)) for _time in range(10)}
    assert len(answers) == 1
    assert len(observations(session)) == 1


@pytest.mark.both_databases
def test_the_same_batch_from_several_sides_at_once_is_done_once(session, world, adas: Phone, new_client) -> None:
    """B2, B3. Two tabs and the worker, none of which knows of the others."""
    batch = [adas.scan(world.ben), adas.scan(world.cleo), adas.kept("void", of=str(uuid4()))]
    sides = [Phone(new_client(), world.ada) for _side in range(4)]
    bodies = [side.body(*batch) for side in sides]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda side, body: side.visitor.post("/api/v1/sync", json=body), sides, bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert len({told(answer) for answer in answers}) == 1
    session.rollback()
    assert len(observations(session)) == 2
    assert len(list(session.scalars(select(Receipt)))) == 3


def test_the_same_name_for_something_else_changes_nothing(session, world, adas: Phone) -> None:
    """O44."""
    scan = adas.scan(world.ben)
    first = told(adas.send(scan))
    for other in (
        {**scan, "token": adas.scan(world.cleo)["token"]},
        {**scan, "at": (clock.now() - timedelta(minutes=1)).isoformat()},
        {**scan, "kind": "void", "of": scan["id"]},
    ):
        [answer] = adas.answers(other)
        assert (answer["result"], answer["reason"]) == ("refused", "sent_for_another")
        assert answer["name"] is None
    assert [one.voided_at for one in observations(session)] == [None]
    assert told(adas.send(scan)) == first


def test_two_people_may_use_the_same_name(session, world, adas: Phone, his: Phone) -> None:
    """O46. And neither learns of the other's."""
    scan = adas.scan(world.cleo)
    adas.answers(scan)
    [answer] = his.answers({**his.scan(world.ada), "id": scan["id"]})
    assert (answer["result"], answer["name"]) == ("stored", "Ada Bevan")
    [refused] = his.answers(his.kept("line", of=str(uuid4()), text="Of nobody's"))
    assert refused["name"] is None
    assert len(observations(session)) == 2


class ComeBackLater(Refusal):
    status = 429


@pytest.mark.parametrize("status", [409, 429, 503])
def test_what_may_go_another_time_is_not_remembered(session, world, adas: Phone, monkeypatch, status: int) -> None:
    """O47."""

    def not_now(_item, _batch):
        raise ComeBackLater

    scan = adas.scan(world.ben)
    monkeypatch.setattr(ComeBackLater, "status", status)
    with monkeypatch.context() as patched:
        patched.setattr(deeds, "do", not_now)
        [refused] = adas.answers(scan)
    assert (refused["result"], refused["reason"]) == ("refused", "come_back_later")
    [answer] = adas.answers(scan)
    assert answer["result"] == "stored"


@pytest.mark.both_databases
def test_of_five_hundred_with_one_that_cannot_be_read_the_others_are_done(session, world, adas: Phone) -> None:
    """O49, B15. Each has its own answer, in its place."""
    scan = adas.scan(world.ben)
    batch: list[object] = [adas.kept("line", of=scan["id"], text=f"Line {n}") for n in range(498)]
    answers = adas.answers(scan, *batch[:250], {"id": str(uuid4()), "kind": "scan", "at": "yesterday"}, *batch[250:])
    assert [one["result"] for one in answers].count("stored") == 499
    assert (answers[251]["result"], answers[251]["reason"]) == ("refused", "malformed")


def test_more_than_five_hundred_are_asked_for_in_parts(world, adas: Phone) -> None:
    assert adas.send(*([adas.scan(world.ben)] * 501)).status_code == 413


@pytest.mark.both_databases
def test_what_breaks_us_stands_in_nobodys_way(session, world, adas: Phone, monkeypatch, caplog) -> None:
    """B16. Half of it is undone, it is told in our log, and it may go again."""
    write, poison = contacts.write, "poison"

    def breaks(contact, kind, text, encounter, now) -> None:
        write(contact, kind, text, encounter, now)
        if text == poison:
            raise ZeroDivisionError

    monkeypatch.setattr(contacts, "write", breaks)
    scan = adas.scan(world.ben)
    line, last = adas.kept("line", of=scan["id"], text=poison), adas.scan(world.cleo)
    answers = adas.answers(scan, line, last)
    assert [one["result"] for one in answers] == ["stored", "refused", "stored"]
    assert answers[1]["reason"] == "broken"
    assert contacts.notes(contacts.find(world.ada, world.ben)) == []
    assert "line broke" in caplog.text
    assert poison not in caplog.text
    monkeypatch.undo()
    assert adas.answers(line)[0]["result"] == "stored"


def test_somebody_elses_batch_is_left_alone(session, world, adas: Phone, his: Phone) -> None:
    """O52, B9. Nothing is done, and it can go when its owner is back."""
    answer = adas.send(adas.scan(world.ben), me=his.key)
    assert (answer.status_code, answer.json["svc"], answer.json["reason"]) == (409, "marmalade", "somebody_else")
    assert observations(session) == []


def test_whoever_is_signed_out_or_holds_an_old_token_is_told_what_to_do(world, adas: Phone, stranger) -> None:
    """B10, B11."""
    gone = stranger.post("/api/v1/sync", json=adas.body(adas.scan(world.ben)))
    assert (gone.status_code, gone.json["svc"], gone.json["reason"]) == (401, "marmalade", "signed_out")
    adas.visitor.own_forms = False
    old = adas.send(adas.scan(world.ben), headers={"X-CSRF-Token": "n.old"})
    assert (old.status_code, old.json["reason"]) == (403, "reload")
    fresh = adas.visitor.get("/api/v1/me").json["csrf"]
    assert adas.send(adas.scan(world.ben), headers={"X-CSRF-Token": fresh}).status_code == 200


def test_whose_phone_it_is_and_what_it_needs_to_send(world, adas: Phone, stranger) -> None:
    me = adas.visitor.get("/api/v1/me")
    assert list(me.json) == ["svc", "me", "name", "csrf", "assets", "now"]
    assert (me.content_type, me.json["me"], me.json["name"]) == ("application/json", adas.key, "Ada Bevan")
    assert (stranger.get("/api/v1/me").status_code, stranger.get("/api/v1/me").json["reason"]) == (401, "signed_out")


def test_phones_and_servers_grow_old_apart(session, world, adas: Phone) -> None:
    """B25. Of a newer phone what we know is done, what we don't know waits there; an old one is always understood."""
    scan = {**adas.scan(world.ben), "lens": "wide"}
    answers = adas.answers(scan, adas.kept("wave", at=clock.now()), v=7, gyroscope=[1, 2])
    assert [(one["result"], one["reason"]) for one in answers] == [("stored", None), ("refused", "unknown_kind")]
    assert len(list(session.scalars(select(Receipt)))) == 1
    assert told(adas.send({**scan, "lens": "long"})) == told(adas.send(scan))


WRONG = (True, None, [], {}, 1, 1.5, -1, 2**31, 10**30, "", "a\0b", "\ud800", "x" * 20_000, "\u202eevil", "🧇" * 50)


@pytest.mark.both_databases
def test_no_type_and_no_text_in_an_item_breaks_anything(session, world, adas: Phone) -> None:
    """B26, A149."""
    from app.domain.dispatches import FIELDS

    scan = adas.scan(world.ben)
    adas.answers(scan)
    usual = {"of": scan["id"], "event": world.event.code, "token": scan["token"], "at": scan["at"], "name": "Zoë"}
    for kind, fields in FIELDS.items():
        names = [name.rstrip("?") for name in fields]
        whole = {name: usual.get(name, 1) for name in names if name != "token" or kind == "scan"}
        for name in ("id", "at", *names):
            items = [{**adas.kept(kind), **whole, name: value} for value in WRONG]
            answers = adas.answers(*items)
            assert {one["reason"] for one in answers} & {"broken"} == set(), (kind, name)
    for item in (*WRONG, [[]], {"kind": "scan"}, {"kind": {}}, {"id": str(uuid4())}):
        [answer] = adas.answers(item)
        assert answer["result"] == "refused", item
    for whole_batch in ({"items": 1}, {"items": None}, {"v": True}, {"v": "1"}, {"client_now": "soon"}, {"me": []}):
        assert adas.send(**whole_batch).status_code in {409, 422}, whole_batch


def test_what_is_written_with_marks_and_pictures_is_kept_as_it_was(session, world, adas: Phone) -> None:
    """B26."""
    scan, text = adas.scan(world.ben), "\u202eevil 👩‍👩‍👧\nline two  "
    adas.answers(scan, adas.kept("line", of=scan["id"], text=text))
    assert [note.text for note in contacts.notes(contacts.find(world.ada, world.ben))] == [text]
    nul = adas.kept("line", of=scan["id"], text="a\0b")
    assert adas.answers(nul)[0]["reason"] == "not_plain_note"


@pytest.mark.both_databases
def test_of_whoever_is_blocked_or_gone_nothing_is_told_and_the_rest_goes_on(
    session, world, adas: Phone, tmp_path
) -> None:
    """O53, B18. Whoever was blocked finds a card like any that was replaced."""
    later, gone = adas.scan(world.cleo), adas.scan(world.dev)
    bens = adas.scan(world.ben)
    adas.answers(bens)
    partings.block(world.ben, world.ada, clock.now())
    erasures.erase(world.dev, clock.now(), tmp_path / "log")
    session.commit()
    blocked = [adas.scan(world.ben), adas.kept("line", of=bens["id"], text="More"), adas.kept("void", of=bens["id"])]
    answers = adas.answers(*blocked, gone, later)
    assert [one["name"] for one in answers] == [None, None, None, None, "Cleo Nowak"]
    assert answers[0]["flags"] == ["revoked", "waits"]
    assert (answers[1]["result"], answers[1]["reason"]) == ("refused", "not_found")
    assert answers[3]["flags"] == ["unknown_token"]


def test_a_name_in_an_answer_goes_when_its_person_goes(session, world, adas: Phone, tmp_path) -> None:
    """P170."""
    scan = adas.scan(world.ben)
    adas.answers(scan)
    erasures.erase(world.ben, clock.now(), tmp_path / "log")
    session.commit()
    [again] = adas.answers(scan)
    assert (again["result"], again["name"], again["first_name"]) == ("stored", None, None)
    kept = session.scalars(select(Receipt)).one()
    assert "Okafor" not in json.dumps([kept.answer, kept.name])


def test_what_was_sent_cannot_be_read_from_its_receipt(session, world, adas: Phone) -> None:
    """D13. A note's fingerprint needs the key that is not in the database."""
    scan = adas.scan(world.ben)
    adas.answers(scan, adas.kept("line", of=scan["id"], text="Cycles in"))
    session.rollback()
    kept = session.scalars(select(Receipt)).all()
    assert len({one.fingerprint for one in kept}) == 2
    assert not any("Cycles" in one.answer or scan["token"] in one.answer for one in kept)


def test_receipts_last_as_long_as_a_phone_stays_signed_in(session, world, adas: Phone, clock) -> None:
    """O50."""
    scan = adas.scan(world.ben)
    adas.answers(scan)
    receipts.forget(clock.now - receipts.LAST)
    assert len(list(session.scalars(select(Receipt)))) == 1
    receipts.forget(clock.move(days=180, seconds=1) - receipts.LAST)
    session.commit()
    adas.visitor.sign_in(world.ada)
    assert adas.answers(scan)[0]["name"] == "Ben Okafor"
    assert len(observations(session)) == 1
