"""The door as an organiser keeps it: news of it for the page, a tap and its undoing, the list out, the poster."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import zxingcpp
from PIL import Image

from app.domain import attendance, contacts, encounters, events, groups
from app.domain.attendance import GOING, ORGANISER, PRESENT
from tests import cast
from tests.infrastructure.visitors import Visitor


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client: Visitor) -> Visitor:
    return client.sign_in(company.cleo)


@pytest.fixture
def gareth(session, company, clock):
    return cast.expect(company.event, "Gareth Bevan", clock.now)


def live(company) -> str:
    return f"/events/{company.event.id}/live"


def seat(company, place) -> str:
    return f"/events/{company.event.id}/attendance/{place.id}"


class TestNews:
    def test_tell_the_numbers_the_curve_and_everyone(self, session, company, cleo, gareth):
        cast.arrive(company.event, company.ada)
        session.commit()
        news = cleo.get(live(company)).json
        assert news["version"] == company.event.version
        assert (news["figures"]["present"], news["figures"]["expected"], news["places"]) == ("1", "1", 2)
        assert [row["name"] for row in news["rows"]] == ["Ada Bevan", "Gareth Bevan"]
        assert news["rows"][0] == {
            "id": attendance.of(company.event, company.ada).id,
            "name": "Ada Bevan",
            "about": "I keep the books for cafés",
            "standing": "present",
            "here": True,
            "asks": True,
            "kinds": "walk_ins here",
            "since": "7:00",
            "notes": "",
        }
        assert news["outline"].startswith("M0 120H120.0V60.0")

    def test_tell_nothing_of_who_met_whom_and_no_address(self, session, company, cleo, clock):
        """P174."""
        cast.expect(company.event, "Gareth Bevan", clock.now, email="gareth@example.org", phone="+441179496000")
        cast.arrive(company.event, company.ada, company.ben)
        contacts.meet(company.ada, company.ben, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
        session.commit()
        answer = cleo.get(live(company))
        assert answer.json["figures"]["unscanned"] == "0"
        assert "example.org" not in answer.text
        assert "9496000" not in answer.text

    def test_of_nothing_new_are_no_news(self, company, cleo):
        tag = cleo.get(live(company)).headers["ETag"]
        answer = cleo.get(live(company), headers={"If-None-Match": tag})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)

    def test_are_told_whole_to_a_page_that_shows_less(self, company, cleo):
        answer = cleo.get(live(company), headers={"If-None-Match": '""'})
        assert (answer.status_code, answer.json["since"]) == (200, 0)

    @pytest.mark.parametrize("made_of_it", ["W/{}", "{}-gzip", "{}--gzip", "{};gzip", "W/{}-br"])
    def test_are_none_either_where_a_proxy_changed_the_tag(self, company, cleo, made_of_it):
        tag = cleo.get(live(company)).headers["ETag"].strip('"')
        mark, _braces, rest = made_of_it.partition("{}")
        answer = cleo.get(live(company), headers={"If-None-Match": f'{mark}"{tag}{rest}"'})
        assert answer.status_code == 304

    def test_of_nothing_new_cost_the_session_and_one_indexed_read(self, session, company, cleo, queries):
        cast.arrive(company.event, company.ada, company.ben)
        session.commit()
        tag = cleo.get(live(company)).headers["ETag"]
        with queries() as asked:
            assert cleo.get(live(company), headers={"If-None-Match": tag}).status_code == 304
        assert asked.count == 2, asked

    def test_cost_the_same_for_ten_times_as_many_people(self, session, company, cleo, clock, queries):
        counts = []
        for size in (10, 100):
            cast.arrive(company.event, *(cast.person(f"Walk {size}-{n}", clock.now) for n in range(size)))
            session.commit()
            with queries() as asked:
                assert len(cleo.get(live(company)).json["rows"]) >= size
            counts.append(asked.count)
        assert counts == [5, 5]

    def test_may_be_kept_by_nobody_without_asking(self, company, cleo):
        headers = cleo.get(live(company)).headers
        assert headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in headers["Vary"]

    def test_are_there_after_every_change_anybody_makes(self, session, company, cleo, gareth, clock):
        """Right within three seconds is right at the next question."""
        observations = []

        def meet():
            observations.append(
                contacts.meet(company.ada, company.ben, uuid4(), encounters.CARD, company.event, clock.now, clock.now)
            )

        changes = (
            lambda: attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER),
            lambda: attendance.undo(gareth, clock.now, company.cleo, ORGANISER),
            lambda: attendance.hold(gareth, company.dev, clock.now),
            lambda: cast.arrive(company.event, company.ada, company.ben),
            meet,
            lambda: contacts.take_back(company.ada, observations[0].op_id, clock.now),
            lambda: events.change(company.event, replace(cast.TUESDAY, name="Tuesday")),
            lambda: events.cancel(company.event, clock.now),
        )
        tag = cleo.get(live(company)).headers["ETag"]
        for change in changes:
            change()
            session.commit()
            answer = cleo.get(live(company), headers={"If-None-Match": tag})
            assert answer.status_code == 200
            tag = answer.headers["ETag"]

    @pytest.mark.parametrize("phase", ["before", "on", "closed", "cancelled"])
    def test_tell_in_the_tag_how_far_the_morning_is(self, session, company, cleo, clock, phase):
        if phase == "cancelled":
            events.cancel(company.event, clock.now)
            session.commit()
        clock.set(
            {"before": company.event.opens_at - timedelta(1), "closed": company.event.closes_at}.get(phase, clock.now)
        )
        assert cleo.get(live(company)).json["tag"].endswith(f"-{phase}")

    def test_are_another_answer_after_a_new_release(self, app, company, cleo):
        tag = cleo.get(live(company)).headers["ETag"]
        app.config["ASSETS"] = "another"
        assert cleo.get(live(company), headers={"If-None-Match": tag}).status_code == 200

    def test_since_a_version_are_of_those_alone_who_changed(self, session, company, cleo, gareth, clock):
        cast.arrive(company.event, company.ada)
        session.commit()
        seen = cleo.get(live(company)).json["version"]
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        session.commit()
        news = cleo.get(live(company), query_string={"since": seen}).json
        assert [row["name"] for row in news["rows"]] == ["Gareth Bevan"]
        assert (news["since"], news["places"], news["figures"]["present"]) == (seen, 2, "2")

    @pytest.mark.parametrize("since", ["-1", "soon", "", "99999", "9" * 40, "1e9", "0"])
    def test_since_what_never_was_are_of_everyone(self, session, company, cleo, gareth, since):
        cast.arrive(company.event, company.ada)
        session.commit()
        news = cleo.get(live(company), query_string={"since": since}).json
        assert (news["since"], len(news["rows"])) == (0, 2)

    def test_are_for_nobody_who_lost_the_role_or_the_session(self, session, company, cleo, client):
        for membership in session.query(groups.Membership):
            session.delete(membership)
        session.commit()
        assert cleo.get(live(company), headers={"Accept": "application/json"}).status_code == 404
        client.delete_cookie("__Host-session", domain="marmalade.example", path="/")
        assert client.get(live(company)).status_code == 303


class TestATap:
    def test_checks_somebody_in_and_comes_back_to_their_row(self, session, company, cleo, gareth):
        answer = cleo.post(seat(company, gareth), data={"arrived": "yes", "q": "bev", "show": ""})
        assert (answer.status_code, answer.location) == (303, f"/events/{company.event.id}?q=bev#place-{gareth.id}")
        session.expire_all()
        assert (gareth.state, gareth.arrived_at) == (PRESENT, company.event.starts_at)
        [_listed, arrived] = attendance.changes(gareth)
        assert (arrived.by, arrived.how) == (company.cleo, ORGANISER)

    def test_is_taken_back_by_another(self, session, company, cleo, gareth):
        cleo.post(seat(company, gareth), data={"arrived": "yes"})
        cleo.post(seat(company, gareth), data={"arrived": "no"})
        session.expire_all()
        assert gareth.state == GOING
        assert [change.to_state for change in attendance.changes(gareth)] == [GOING, PRESENT, GOING]

    def test_is_answered_shortly_where_a_script_asks(self, company, cleo, gareth):
        answer = cleo.post(seat(company, gareth), data={"arrived": "yes"}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.data) == (204, b"")

    def test_twice_is_once(self, session, company, cleo, gareth):
        for _twice in range(2):
            assert cleo.post(seat(company, gareth), data={"arrived": "yes"}).status_code == 303
        session.expire_all()
        assert len(attendance.changes(gareth)) == 2

    def test_is_late_from_when_the_setting_says(self, app, session, company, cleo, gareth, clock):
        app.config["LATE_AFTER"] = timedelta(minutes=3)
        clock.move(minutes=3)
        cleo.post(seat(company, gareth), data={"arrived": "yes"})
        session.expire_all()
        assert gareth.state == attendance.LATE

    @pytest.mark.parametrize("said", [{}, {"arrived": ""}, {"arrived": "perhaps"}])
    def test_that_says_nothing_changes_nothing(self, session, company, cleo, gareth, said):
        assert cleo.post(seat(company, gareth), data=said).status_code == 400
        session.expire_all()
        assert gareth.state == GOING

    def test_counts_long_after_the_event_from_a_paper_list(self, session, company, cleo, gareth, clock):
        clock.set(company.event.closes_at + timedelta(days=2))
        assert cleo.post(seat(company, gareth), data={"arrived": "yes"}).status_code == 303
        session.expire_all()
        assert gareth.state == PRESENT
        assert "Present Thu 26 Nov, 12:00" in " ".join(
            re.sub(r"<[^>]+>", " ", cleo.get(f"/events/{company.event.id}").text).split()
        )

    def test_does_not_count_before_the_door_opens(self, session, company, cleo, gareth, clock):
        clock.set(company.event.opens_at - timedelta(minutes=1))
        answer = cleo.post(seat(company, gareth), data={"arrived": "yes"})
        assert answer.status_code == 409
        assert "The door isn&#39;t open yet" in answer.text
        session.expire_all()
        assert gareth.state == GOING

    def test_does_not_count_at_an_event_that_was_called_off(self, session, company, cleo, gareth, clock):
        events.cancel(company.event, clock.now)
        session.commit()
        assert cleo.post(seat(company, gareth), data={"arrived": "yes"}).status_code == 410


def test_a_places_page_tells_every_change_with_who_when_and_how(session, company, cleo, gareth, clock):
    attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    attendance.undo(gareth, clock.move(minutes=2), company.cleo, ORGANISER)
    attendance.hold(gareth, company.dev, clock.now)
    attendance.arrive(company.event, company.dev, clock.move(minutes=1), cast.LATE_AFTER)
    session.commit()
    said = " ".join(re.sub(r"<[^>]+>", " ", cleo.get(seat(company, gareth)).text).split())
    told = said[said.index("What happened") :]
    assert told.startswith(
        "What happened Expected From a list Tue 24 Nov, 7:00 Present At the door, Cleo Nowak Tue 24 Nov, 7:00 "
        "Check-in taken back At the door, Cleo Nowak Tue 24 Nov, 7:02 Present By themselves Tue 24 Nov, 7:03"
    )


class TestWhoIsWho:
    def test_a_name_that_somebody_else_took_is_parted_from_them(self, session, company, cleo, gareth, clock):
        attendance.hold(gareth, company.dev, clock.now)
        attendance.arrive(company.event, company.dev, clock.now, cast.LATE_AFTER)
        session.commit()
        assert "Dev Singh said at the door that this is them." in cleo.get(seat(company, gareth)).text
        answer = cleo.post(f"{seat(company, gareth)}/part")
        own = attendance.of(company.event, company.dev)
        assert (answer.status_code, answer.location) == (303, seat(company, own))
        session.expire_all()
        assert (gareth.person_id, gareth.state, own.state) == (None, GOING, PRESENT)

    def test_a_walk_in_is_found_on_the_list_under_another_name(self, session, company, cleo, gareth):
        [walked_in] = cast.arrive(company.event, company.dev)
        session.commit()
        page = cleo.get(seat(company, walked_in)).text
        assert f'<option value="{gareth.id}">Gareth Bevan</option>' in page
        answer = cleo.post(f"{seat(company, walked_in)}/join", data={"listed": gareth.id})
        assert (answer.status_code, answer.location) == (303, seat(company, gareth))
        session.expire_all()
        assert (gareth.person_id, gareth.state) == (company.dev.id, PRESENT)
        assert cleo.get(live(company)).json["places"] == 1

    @pytest.mark.parametrize("listed", ["", "0", "soon", "9" * 40])
    def test_nobody_is_joined_with_what_is_not_there(self, session, company, cleo, gareth, listed):
        [walked_in] = cast.arrive(company.event, company.dev)
        session.commit()
        answer = cleo.post(f"{seat(company, walked_in)}/join", data={"listed": listed})
        assert answer.status_code == 409

    def test_nobody_is_joined_with_another_events_name(self, session, company, cleo, gareth, clock):
        """A128. An id in the body is looked for in this event alone."""
        other = events.create(company.group.id, cast.TUESDAY, clock.now)
        [walked_in] = cast.arrive(other, company.dev)
        session.commit()
        answer = cleo.post(f"/events/{other.id}/attendance/{walked_in.id}/join", data={"listed": gareth.id})
        assert answer.status_code == 409
        session.expire_all()
        assert gareth.person_id is None


class TestThePoster:
    def test_says_what_when_and_where_and_what_to_type(self, company, cleo):
        page = cleo.get(f"/events/{company.event.id}/poster").text
        for words in ("Tuesday Breakfast", "The Grand, Bristol", "Tue 24 Nov, 7:00–9:00", "marmalade.example"):
            assert words in page
        assert f"{company.event.code[:4]} {company.event.code[4:]}" in page

    def test_leads_to_the_events_page(self, company, cleo):
        answer = cleo.get(f"/events/{company.event.id}/poster.png")
        [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.data)).convert("L"))
        assert found.text == f"https://marmalade.example/e/{company.event.code}"
        assert found.ec_level == "Q"
        assert answer.headers["Content-Type"] == "image/png"
        assert "poster code.png" in answer.headers["Content-Disposition"]

    def test_can_be_had_as_a_drawing(self, company, cleo):
        answer = cleo.get(f"/events/{company.event.id}/poster.svg")
        assert answer.mimetype == "image/svg+xml"
        assert answer.data.startswith(b"<svg xmlns=")

    @pytest.mark.parametrize("kind", ["", ".svg", ".png"])
    @pytest.mark.parametrize("public", ["", "http://marmalade.example"])
    def test_waits_for_the_https_address(self, app, company, cleo, kind, public):
        app.config["PUBLIC_URL"] = public
        answer = cleo.get(f"/events/{company.event.id}/poster{kind}")
        assert answer.status_code == 409
        assert "https address" in answer.text

    @pytest.mark.parametrize("kind", ["", ".svg", ".png"])
    def test_is_not_printed_for_what_was_called_off(self, session, company, cleo, clock, kind):
        events.cancel(company.event, clock.now)
        session.commit()
        assert cleo.get(f"/events/{company.event.id}/poster{kind}").status_code == 410


class TestTenancy:
    @pytest.mark.parametrize("who", ["ada", "gwen"])
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", "/live"),
            ("get", "/attendance/{place}"),
            ("post", "/attendance/{place}"),
            ("post", "/attendance/{place}/part"),
            ("post", "/attendance/{place}/join"),
            ("get", "/attendance.csv"),
            ("get", "/poster"),
            ("get", "/poster.svg"),
            ("get", "/poster.png"),
        ],
    )
    def test_to_a_member_and_to_another_groups_organiser_nothing_is_there(
        self, session, company, gwen, gareth, new_client, who, method, path
    ):
        """A128."""
        cast.arrive(company.event, company.ada)
        session.commit()
        visitor = gwen if who == "gwen" else new_client().sign_in(company.ada)
        address = f"/events/{company.event.id}" + path.format(place=gareth.id)
        tapped = {"data": {"arrived": "yes"}} if method == "post" and path.endswith("{place}") else {}
        answer = getattr(visitor, method)(address, **tapped)
        assert answer.status_code == 404
        assert "Gareth" not in answer.text
        session.expire_all()
        assert gareth.state == GOING

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_place_of_another_event_is_not_there(self, session, company, cleo, gareth, clock, method):
        """A128. Not even of the same group's."""
        other = events.create(company.group.id, cast.TUESDAY, clock.now)
        session.commit()
        address = f"/events/{other.id}/attendance/{gareth.id}"
        answer = getattr(cleo, method)(address, **({"data": {"arrived": "yes"}} if method == "post" else {}))
        assert answer.status_code == 404
        session.expire_all()
        assert gareth.state == GOING
