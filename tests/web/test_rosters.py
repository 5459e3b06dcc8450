"""The page of the attendee list and its command: look first, say yes, and nothing happens twice."""

import html
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.domain import attendance, rosters
from app.domain.attendance import Attendance
from app.domain.rosters import RosterDraft
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock
from tests.infrastructure.visitors import Visitor

DATA = Path(__file__).parent.parent / "data"
HAND_KEPT = (DATA / "hand-kept-list.csv").read_bytes()
TWO_GRACES = b"Name,Email\nGrace Singh,grace@example.org\nGrace Singh,gs@example.com\nNia Ahmed,\n"


@pytest.fixture
def scene(session, clock: Clock) -> Cast:  # type: ignore[no-untyped-def]
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(scene: Cast, client: Visitor) -> Visitor:
    return client.sign_in(scene.cleo)


def bring(client: Visitor, scene: Cast, data: bytes, name: str = "list.csv") -> TestResponse:
    return client.post(f"/events/{scene.event.id}/roster", data={"list": (io.BytesIO(data), name)})


def preview(client: Visitor, scene: Cast, data: bytes) -> tuple[str, str]:
    """Bring a list; return the preview's address and what it says."""
    brought = bring(client, scene, data)
    assert brought.status_code == 303, brought.text
    return brought.location, client.get(brought.location).text


def form(page: str) -> dict[str, str]:
    """Return what the page's own form would send, were nothing changed on it."""
    chosen = dict(re.findall(r'<input type="hidden" name="(headings_before)" value="(\d+)">', page))
    for name, options in re.findall(r'<select[^>]*name="([\w-]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        picked = re.search(r'<option value="(\d+)" selected>', options)
        chosen[name] = picked[1] if picked else ""
    return chosen


def listed(session, scene: Cast) -> list[str]:  # type: ignore[no-untyped-def]
    session.rollback()  # what was read before is another moment's
    return [entry.name for entry in rosters.of(scene.event)]


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


# Bring it


def test_a_list_is_shown_before_anything_is_added(session, scene: Cast, cleo: Visitor) -> None:
    _, page = preview(cleo, scene, (DATA / "eventbrite-attendees.csv").read_bytes())
    said = words(page)
    assert "Looks like Eventbrite: 43 rows, headings in row 1." in said
    assert "Add 38 people" in said
    assert said.count("Cancelled Row") == 4
    assert "The same person again: row 4" in said
    assert listed(session, scene) == []


def test_saying_yes_adds_them_and_drops_the_draft(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, (DATA / "eventbrite-attendees.csv").read_bytes())
    taken = cleo.post(address, data={**form(page), "do": "take"})
    assert taken.status_code == 303
    assert "38 people added. Nobody was written to." in words(cleo.get(taken.location).text)
    assert len(listed(session, scene)) == 38
    assert session.scalar(select(func.count()).select_from(RosterDraft)) == 0


def test_the_same_list_again_has_nothing_new(session, scene: Cast, cleo: Visitor) -> None:
    """A108. Re-import idempotent."""
    address, page = preview(cleo, scene, HAND_KEPT)
    cleo.post(address, data={**form(page), "do": "take"})
    before = listed(session, scene)
    address, page = preview(cleo, scene, HAND_KEPT)
    assert "Nothing new here" in words(page)
    cleo.post(address, data={**form(page), "do": "take"})
    assert listed(session, scene) == before


def test_saying_yes_twice_adds_them_once(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, HAND_KEPT)
    cleo.post(address, data={**form(page), "do": "take"})
    again = cleo.post(address, data={**form(page), "do": "take"})
    assert again.status_code == 410
    assert "taken in already" in again.text
    assert cleo.get(address).status_code == 410
    assert len(listed(session, scene)) == 18


@pytest.mark.parametrize("name", ["linkedin-connections.csv", "google-contacts.csv"])
def test_an_address_book_is_refused_on_the_page(scene: Cast, cleo: Visitor, name: str) -> None:
    answer = bring(cleo, scene, (DATA / name).read_bytes(), name)
    assert answer.status_code == 422
    assert "address book" in answer.text


def test_no_file_is_refused_on_the_page(scene: Cast, cleo: Visitor) -> None:
    answer = cleo.post(f"/events/{scene.event.id}/roster", data={})
    assert (answer.status_code, "nothing in this file" in words(answer.text)) == (422, True)


# Choose


def test_names_are_turned_only_with_a_yes(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, HAND_KEPT)
    assert "“Stewart, Owen” becomes “Owen Stewart”." in words(page)
    cleo.post(address, data={**form(page), "do": "look", "turn": ["4"]})
    page = cleo.get(address).text
    assert 'value="4" checked' in page
    cleo.post(address, data={**form(page), "do": "take", "turn": ["4"]})
    names = listed(session, scene)
    assert "Fatima Tanaka" in names
    assert "Stewart, Owen" in names


def test_the_organiser_says_which_column_is_what(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, b"Who we expect;Firm\nGareth Bevan;Bevan Services\n")
    assert "Which column holds the name?" in words(page)
    cleo.post(address, data={**form(page), "column-name": "0", "column-company": "1", "do": "look"})
    assert "Add 1 person" in words(cleo.get(address).text)
    cleo.post(address, data={**form(cleo.get(address).text), "do": "take"})
    assert listed(session, scene) == ["Gareth Bevan"]


def test_the_organiser_says_where_the_headings_stand(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, "Prénom;Nom de famille\nChloé;Fraser\n".encode())
    assert "Looks like a list without headings: 2 rows" in words(page)
    cleo.post(address, data={**form(page), "headings": "1", "do": "look"})
    page = cleo.get(address).text
    assert "headings in row 1" in words(page)
    cleo.post(address, data={**form(page), "column-first": "0", "column-last": "1", "do": "look"})
    cleo.post(address, data={**form(cleo.get(address).text), "do": "take"})
    assert listed(session, scene) == ["Chloé Fraser"]


@pytest.mark.parametrize("changed", [{"headings": "0"}, {"column-name": "1"}, {"column-email": ""}])
def test_nothing_comes_in_that_was_not_shown(session, scene: Cast, cleo: Visitor, changed: dict[str, str]) -> None:
    address, page = preview(cleo, scene, HAND_KEPT)
    assert cleo.post(address, data={**form(page), **changed, "do": "take"}).location == address
    assert listed(session, scene) == []
    cleo.post(address, data={**form(cleo.get(address).text), "do": "take"})
    assert listed(session, scene) != []


def test_a_column_that_is_not_there_is_no_column(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, HAND_KEPT)
    odd = {
        "column-ticket": "99",
        "column-paid": "-4",
        "column-secret": "0",
        "keep": "x",
        "turn": "",
        "answer-3": "maybe",
        "answer-x": "same",
    }
    cleo.post(address, data={**form(page), **odd, "do": "take"})
    assert len(listed(session, scene)) == 18


def test_only_what_is_ticked_is_kept(session, scene: Cast, cleo: Visitor) -> None:
    pretix = (DATA / "pretix-checkin-list.csv").read_bytes()
    address, page = preview(cleo, scene, pretix)
    assert "May say something about their health" in page
    assert "Secret" not in words(page)
    assert "0eba4770a08716e6fec3" not in page
    cleo.post(address, data={**form(page), "do": "take", "keep": "21"})  # seat zone: empty
    assert {str(entry.kept) for entry in rosters.of(scene.event)} == {"{}"}
    assert "Coeliac" not in str([entry.kept for entry in rosters.of(scene.event)])


def test_a_question_waits_and_the_rest_goes_on(session, scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, TWO_GRACES)
    assert "Row 3: Two are called Grace Singh" in words(page)
    taken = cleo.post(address, data={**form(page), "do": "take"})
    assert "2 people added. What is left needs your answer." in words(cleo.get(taken.location).text)
    assert listed(session, scene) == ["Grace Singh", "Nia Ahmed"]
    cleo.post(address, data={**form(page), "answer-3": "another", "do": "take"})
    assert sorted(listed(session, scene)) == ["Grace Singh", "Grace Singh", "Nia Ahmed"]
    assert session.scalar(select(func.count()).select_from(RosterDraft)) == 0


def test_answers_are_kept_while_looking_again(scene: Cast, cleo: Visitor) -> None:
    address, page = preview(cleo, scene, TWO_GRACES)
    cleo.post(address, data={**form(page), "answer-3": "out", "do": "look"})
    assert "You left them out" in words(cleo.get(address).text)


def test_a_very_long_list_is_shown_in_part_and_taken_whole(session, scene: Cast, cleo: Visitor) -> None:
    many = "Name\n" + "\n".join(
        f"Gareth Bevan{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{n // 100 * 'x'}" for n in range(240)
    )
    address, page = preview(cleo, scene, many.encode())
    assert "And 40 more like these." in words(page)
    cleo.post(address, data={**form(page), "do": "take"})
    assert len(listed(session, scene)) == 240


# Who may, and what it cannot do


def test_only_organisers_of_the_group_may_look_or_bring(scene: Cast, cleo: Visitor, new_client) -> None:  # type: ignore[no-untyped-def]
    address, _ = preview(cleo, scene, HAND_KEPT)
    ada = new_client().sign_in(scene.ada)
    assert [ada.get(f"/events/{scene.event.id}/roster").status_code, ada.get(address).status_code] == [404, 404]
    assert bring(ada, scene, HAND_KEPT).status_code == 404
    assert ada.post(address, data={"do": "take"}).status_code == 404
    assert new_client().get(address).status_code == 303


def test_a_draft_of_another_event_is_not_here(session, scene: Cast, cleo: Visitor, clock: Clock) -> None:
    from app.domain import events

    another = events.create(scene.group.id, cast.TUESDAY, clock.now)
    session.commit()
    address, _ = preview(cleo, scene, HAND_KEPT)
    elsewhere = address.replace(f"/events/{scene.event.id}/", f"/events/{another.id}/")
    assert cleo.get(elsewhere).status_code == 410
    assert cleo.post(elsewhere, data={"do": "take"}).status_code == 410


def test_looking_changes_nothing(session, scene: Cast, cleo: Visitor) -> None:
    """A95."""
    address, _ = preview(cleo, scene, HAND_KEPT)
    version = scene.event.version
    for _time in range(2):
        assert cleo.get(address).status_code == 200
    assert (listed(session, scene), scene.event.version) == ([], version)


def test_nothing_in_a_cell_becomes_part_of_the_page(scene: Cast, cleo: Visitor) -> None:
    """A70."""
    nasty = '"><svg onload=alert(1)>{{7*7}}</script>'
    quoted = nasty.replace('"', '""')
    data = f'Name,Company,"{quoted}"\n"Owen {quoted}",x,{{{{7*7}}}}\n'
    _, page = preview(cleo, scene, data.encode())
    assert "<svg onload" not in page
    assert "49" not in words(page)


def test_half_a_list_is_no_list(session, scene: Cast, cleo: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A108. No partial commit."""
    address, page = preview(cleo, scene, HAND_KEPT)
    expect, calls = attendance.expect, []

    def fails_at_the_tenth(*args: object, **words: object) -> Attendance:
        calls.append(args)
        if len(calls) == 10:
            raise RuntimeError("the power went")
        return expect(*args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(attendance, "expect", fails_at_the_tenth)
    cleo.application.testing = False
    assert cleo.post(address, data={**form(page), "do": "take"}).status_code == 500
    cleo.application.testing = True
    assert listed(session, scene) == []
    assert session.scalar(select(func.count()).select_from(Attendance)) == 0
    monkeypatch.undo()
    cleo.post(address, data={**form(page), "do": "take"})
    assert len(listed(session, scene)) == 18


def test_nobody_on_the_list_is_written_to(scene: Cast, cleo: Visitor, session) -> None:  # type: ignore[no-untyped-def]
    """A108. No invitation mail."""
    from app.domain.deliveries import Delivery

    address, page = preview(cleo, scene, HAND_KEPT)
    cleo.post(address, data={**form(page), "do": "take"})
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_forty_three_on_the_list_who_come_by_poster_are_forty_three_present(
    session, scene: Cast, cleo: Visitor, new_client, clock: Clock
) -> None:  # type: ignore[no-untyped-def]
    """D2. 43 imported people arriving by poster give 43 present, 0 walk-ins."""
    names = [
        f"Gareth {first}{last}" for first in "BCDFGHJ" for last in ("evan", "owen", "rees", "hys", "wyn", "iles", "ahn")
    ][:43]
    address, page = preview(cleo, scene, ("Name\n" + "\n".join(names)).encode())
    cleo.post(address, data={**form(page), "do": "take"})
    for name in names:
        assert new_client().post(f"/e/{scene.event.code}/claim", data={"name": name.upper()}).status_code == 303
    states = session.execute(select(Attendance.state, Attendance.origin, func.count()).group_by("state", "origin"))
    assert [tuple(row) for row in states] == [("late", "list", 43)]


# From the shell


@pytest.mark.parametrize(
    ("name", "created"),
    [
        ("bni-palms-summary.csv", 30),
        ("eventbrite-attendees.csv", 38),
        ("hand-kept-list.csv", 18),
        ("hi-events-attendees.csv", 24),
        ("luma-guests.csv", 20),
        ("meetup-attendees.csv", 15),
        ("meetup-members.xls", 25),
        ("pretix-checkin-list.csv", 35),
    ],
)
def test_every_list_comes_in_from_the_shell_and_a_second_time_adds_nobody(
    session, scene: Cast, app, name: str, created: int
) -> None:  # type: ignore[no-untyped-def]
    runner = app.test_cli_runner()
    first = runner.invoke(args=["import-roster", scene.event.code, str(DATA / name)])
    assert (first.exit_code, figure(first.output, "Created")) == (0, created), first.output
    again = runner.invoke(args=["import-roster", str(scene.event.id), str(DATA / name)])
    assert [figure(again.output, word) for word in ("Created", "Matched", "of these", "Asked")] == [0, created, 0, 0]
    assert len(listed(session, scene)) == created


def figure(output: str, word: str) -> int:
    [found] = re.findall(rf"│\s+{word}[^│]*│\s*(\d+)", output)
    return int(found)


@pytest.mark.parametrize("name", ["linkedin-connections.csv", "google-contacts.csv"])
def test_the_shell_refuses_an_address_book_with_its_sentence(scene: Cast, app, name: str) -> None:  # type: ignore[no-untyped-def]
    refused = app.test_cli_runner().invoke(args=["import-roster", scene.event.code, str(DATA / name)])
    assert refused.exit_code == 2
    assert "address book" in refused.output


def test_the_shell_lists_its_questions_and_leaves_them_out_or_takes_a_yes(
    session, scene: Cast, app, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "graces.csv"
    file.write_bytes(TWO_GRACES)
    runner = app.test_cli_runner()
    asked = runner.invoke(args=["import-roster", scene.event.code, str(file)])
    assert "Row 3: Two are called Grace Singh" in asked.output
    assert (figure(asked.output, "Created"), figure(asked.output, "Asked")) == (2, 1)
    answered = runner.invoke(args=["import-roster", scene.event.code, str(file), "--yes-same"])
    assert (figure(answered.output, "Created"), figure(answered.output, "Asked")) == (0, 0)
    assert listed(session, scene) == ["Grace Singh", "Nia Ahmed"]


def test_the_shell_turns_names_when_told_to(session, scene: Cast, app) -> None:  # type: ignore[no-untyped-def]
    file = str(DATA / "hand-kept-list.csv")
    app.test_cli_runner().invoke(args=["import-roster", scene.event.code, file, "--turn-names"])
    assert "Chloé Fraser" in listed(session, scene)


def test_the_shell_knows_no_such_event(scene: Cast, app) -> None:  # type: ignore[no-untyped-def]
    lost = app.test_cli_runner().invoke(args=["import-roster", "nosuch", str(DATA / "luma-guests.csv")])
    assert lost.exit_code == 1
    assert "no event" in lost.output
