"""Coming in and going out: codes, sessions, and what a stranger with somebody's address cannot do."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import clock, tokens
from app.domain import consents, contacts, deliveries, groups, mutes, notices, people, questions, sessions
from app.domain.deliveries import Delivery
from app.domain.encounters import BY_HAND
from app.domain.notices import Notice
from app.domain.people import Person
from app.domain.sessions import Session, SignInCode
from tests import cast
from tests.conftest import Clock
from tests.infrastructure.visitors import Visitor

NewClient = Callable[[], Visitor]


@pytest.fixture
def ada(session) -> Person:
    someone = cast.person("Ada Bevan", clock.now(), "ada@example.org")
    session.commit()
    return someone


def newest(session) -> SignInCode:
    session.rollback()
    return session.scalars(select(SignInCode).order_by(SignInCode.id.desc())).first()


def ask(client: Visitor, email: str) -> None:
    assert client.post("/sign-in", data={"email": email}).status_code == 303


def type_code(client: Visitor, code: str, following: str = ""):
    return client.post("/sign-in/code", data={"code": code, "next": following})


def test_six_digits_from_a_letter_let_their_owner_in(session, ada, client: Visitor) -> None:
    ask(client, "Ada@Example.org ")
    assert type_code(client, newest(session).digits).location == "/today"
    assert client.get("/settings").status_code == 200


def test_a_code_is_asked_for_with_one_letter_that_waits_for_the_worker(session, ada, client: Visitor) -> None:
    """A113."""
    ask(client, "ada@example.org")
    waiting = session.scalars(select(Delivery)).one()
    assert (waiting.state, waiting.code_id) == (deliveries.WAITING, newest(session).id)


def test_digits_of_any_script_with_spaces_are_read(session, ada, client: Visitor) -> None:
    ask(client, "ada@example.org")
    wide = "".join(chr(ord(d) - ord("0") + 0xFF10) for d in newest(session).digits)
    assert type_code(client, f" {wide[:3]} {wide[3:]} ").status_code == 303


def test_a_code_works_only_in_the_browser_that_asked_for_it(session, ada, new_client: NewClient) -> None:
    """A118."""
    one, other = new_client(), new_client()
    ask(one, "ada@example.org")
    code = newest(session).digits
    other.get("/sign-in")
    assert type_code(other, code).location == "/sign-in"
    ask(other, "ada@example.org")
    assert type_code(other, code).status_code == 422
    assert type_code(one, code).location == "/today"


def test_a_code_works_once(session, ada, client: Visitor) -> None:
    """A114."""
    ask(client, "ada@example.org")
    code = newest(session).digits
    type_code(client, code)
    assert type_code(client, code).location == "/sign-in"


def test_a_code_dies_after_five_wrong_tries(session, ada, client: Visitor) -> None:
    """A117."""
    ask(client, "ada@example.org")
    code = newest(session).digits
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _try in range(sessions.TRIES):
        assert "That isn" in type_code(client, wrong).text
    answer = type_code(client, code)
    assert (answer.status_code, "has run out" in answer.text) == (422, True)


def test_a_code_dies_after_ten_minutes(session, ada, client: Visitor, clock: Clock) -> None:
    """A116."""
    ask(client, "ada@example.org")
    code = newest(session).digits
    clock.move(minutes=10)
    assert type_code(client, code).location == "/sign-in"


def test_a_newer_code_ends_the_older_one(session, ada, client: Visitor) -> None:
    ask(client, "ada@example.org")
    older = newest(session).digits
    ask(client, "ada@example.org")
    assert type_code(client, older).status_code == 422
    assert type_code(client, newest(session).digits).status_code == 303


def test_an_address_gets_three_codes_an_hour_whoever_asks(session, ada, new_client: NewClient, clock: Clock) -> None:
    for _time in range(sessions.CODES_AN_HOUR):
        ask(new_client(), "ada@example.org")
    refused = new_client().post("/sign-in", data={"email": "ada@example.org"})
    assert refused.status_code == 429
    assert "ada@example.org" in refused.text
    clock.move(hours=1, seconds=1)
    ask(new_client(), "ada@example.org")


def test_known_and_unknown_addresses_get_the_same_answer(session, ada, new_client: NewClient, queries) -> None:
    """A113. The same status, headers, page and length; as much is asked of the database, and one letter is queued."""

    def answer(email: str) -> tuple[object, ...]:
        client = new_client()
        with queries() as asked:
            sent = client.post("/sign-in", data={"email": email})
            page = client.get("/sign-in/code")
        session.rollback()
        letters = session.scalar(select(func.count()).select_from(Delivery))
        session.rollback()
        text = re.sub(r'value="[^"]*"', "", page.text.replace(email, ""))
        headers = [[(name, secret_free(value)) for name, value in one.headers] for one in (sent, page)]
        return sent.status_code, page.status_code, text, len(page.data) - len(email), headers, asked.count, letters % 2

    known, unknown = answer("ada@example.org"), answer("eve@example.org")
    assert known[:-1] == unknown[:-1]
    assert known[-1] != unknown[-1]


def secret_free(value: str) -> str:
    return re.sub(r"(browser|session)=[^;]+", r"\1=…", value)


def test_of_a_code_typed_twice_at_once_one_gets_in(session, ada, client: Visitor, new_client: NewClient) -> None:
    """A114."""
    ask(client, "ada@example.org")
    code = newest(session).digits
    session.rollback()
    phones = [new_client() for _phone in range(6)]
    for phone in phones:
        phone._keep("browser", client.cookie("browser"))
    with ThreadPoolExecutor(len(phones)) as hands:
        answers = list(hands.map(lambda phone: type_code(phone, code), phones))
    assert [answer.location for answer in answers].count("/today") == 1
    assert len(session.scalars(select(Session)).all()) == 1


def test_guessing_all_day_has_less_than_a_chance_in_ten_thousand(
    session, ada, new_client: NewClient, clock: Clock
) -> None:
    """A109, A117. And whoever is signed in already stays in."""
    known = new_client().sign_in(ada)
    compared = 0
    for _hour in range(24):
        for _code in range(sessions.CODES_AN_HOUR):
            thief = new_client()
            ask(thief, "ada@example.org")
            wrong = f"{(int(newest(session).digits) + 1) % 1_000_000:06d}"
            session.rollback()
            while "run out" not in type_code(thief, wrong).text:
                compared += 1
        clock.move(hours=1, seconds=1)
    assert compared < 100
    assert known.get("/settings").status_code == 200


def test_no_code_and_no_cookie_is_kept_in_the_database(session, ada, client: Visitor) -> None:
    """A115, A119, A138."""
    ask(client, "ada@example.org")
    code = newest(session)
    digits = code.digits
    kept = [value for column, value in vars(code).items() if not column.startswith("_")]
    assert digits not in map(str, kept)
    type_code(client, digits)
    session.rollback()
    row = session.scalars(select(Session)).one()
    assert row.token_hash == tokens.digest(client.cookie("session"))


def test_signing_in_changes_the_session(session, ada, client: Visitor) -> None:
    """A120."""
    client.sign_in(ada)
    before = client.cookie("session")
    ask(client, "ada@example.org")
    type_code(client, newest(session).digits)
    assert client.cookie("session") != before
    session.rollback()
    assert len(session.scalars(select(Session)).all()) == 1


def test_a_cookie_copied_before_sign_out_opens_nothing_after_it(session, ada, client: Visitor, new_client) -> None:
    """A121."""
    client.sign_in(ada)
    cookie = client.cookie("session")
    gone = client.post("/sign-out")
    assert gone.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = new_client()
    thief._keep("session", cookie)
    assert thief.get("/settings").location.startswith("/sign-in")


def test_i_see_my_sessions_and_end_one(session, ada, new_client: NewClient) -> None:
    """A125."""
    phone, tablet = new_client().sign_in(ada), new_client().sign_in(ada)
    assert phone.get("/settings").text.count("Since Tue 24 Nov") == 2
    older = session.scalars(select(Session).order_by(Session.id)).first()
    assert tablet.post(f"/sessions/{older.id}/end").status_code == 303
    assert phone.get("/settings").location.startswith("/sign-in")


def test_nobody_ends_another_persons_session(session, ada, client: Visitor, new_client: NewClient) -> None:
    ben = cast.person("Ben Okafor", clock.now())
    new_client().sign_in(ada)
    hers = session.scalars(select(Session)).one()
    assert client.sign_in(ben).post(f"/sessions/{hers.id}/end").status_code == 404


def test_i_sign_out_everywhere_else_with_one_tap(session, ada, new_client: NewClient) -> None:
    """A122, A125."""
    phone, tablet, laptop = (new_client().sign_in(ada) for _device in range(3))
    bens = new_client().sign_in(cast.person("Ben Okafor", clock.now()))
    assert "Sign out everywhere else" in phone.get("/settings").text
    assert phone.post("/sessions/end").location == "/settings?done=sessions"
    assert [one.get("/settings").status_code for one in (phone, tablet, laptop, bens)] == [200, 303, 303, 200]
    assert "Sign out everywhere else" not in phone.get("/settings").text


def test_a_session_ends_after_180_days_without_a_visit(session, ada, client: Visitor, clock: Clock) -> None:
    """A123."""
    client.sign_in(ada)
    for _visit in range(2):
        clock.move(days=179)
        assert client.get("/settings").status_code == 200
    clock.move(days=180)
    assert client.get("/settings").status_code == 303


def test_a_session_ends_after_400_days_however_often_it_is_used(session, ada, client: Visitor, clock: Clock) -> None:
    """A123."""
    client.sign_in(ada)
    for _visit in range(3):
        clock.move(days=133)
        assert client.get("/settings").status_code == 200
    clock.move(days=1)
    assert client.get("/settings").status_code == 303


def test_who_is_no_longer_here_is_signed_out_at_once(session, ada, client: Visitor) -> None:
    """A122."""
    client.sign_in(ada)
    session.delete(ada)
    session.commit()
    assert client.get("/settings").status_code == 303


def test_opening_an_address_never_signs_in(session, ada, client: Visitor) -> None:
    """A118."""
    ask(client, "ada@example.org")
    code = newest(session).digits
    for path in (f"/sign-in/code?code={code}", f"/sign-in?email=ada@example.org&code={code}"):
        client.get(path)
        assert not client.cookie("session")


def test_a_visit_is_noted_at_most_once_a_day(session, ada, client: Visitor, clock: Clock, queries) -> None:
    client.sign_in(ada)
    with queries() as asked:
        client.get("/settings")
    assert not any("UPDATE" in text for text in asked)
    now = clock.move(days=1, minutes=1)
    client.get("/settings")
    session.rollback()
    assert session.scalars(select(Session)).one().last_seen_at == now


def test_typing_somebody_elses_address_changes_nothing_about_them(session, ada, client: Visitor) -> None:
    guest = cast.person("Dev Singh", clock.now())
    guest.email_typed = "ada@example.org"
    session.commit()
    client.sign_in(guest)
    assert client.post("/settings/address", data={"email": "ada@example.org"}).status_code == 303
    session.rollback()
    assert people.find_by_email("ada@example.org").id == ada.id
    assert "Ada Bevan" not in client.get("/settings").text


def test_a_guest_confirms_an_address_with_a_code(session, client: Visitor) -> None:
    guest = cast.person("Dev Singh", clock.now())
    session.commit()
    client.sign_in(guest)
    client.post("/settings/address", data={"email": "dev@example.org"})
    assert type_code(client, newest(session).digits).status_code == 303
    session.rollback()
    assert people.find_by_email("dev@example.org").id == guest.id
    assert "dev@example.org" in client.get("/settings").text


def test_a_proved_address_without_a_card_gets_one_for_a_name(session, client: Visitor) -> None:
    ask(client, "new@example.org")
    assert type_code(client, newest(session).digits, "/settings").location == "/new?next=/settings"
    missing = client.post("/new", data={"name": " ", "what_i_do": "I bake"})
    assert missing.status_code == 422
    assert "I bake" in missing.text
    made = client.post("/new", data={"name": "Niamh", "next": "/settings", "time_zone": "Europe/Dublin"})
    assert made.location == "/settings"
    session.rollback()
    niamh = people.find_by_email("new@example.org")
    assert (niamh.name, niamh.time_zone) == ("Niamh", "Europe/Dublin")


def test_nobody_makes_a_card_for_an_address_they_did_not_prove(session, client: Visitor) -> None:
    ask(client, "new@example.org")
    assert client.post("/new", data={"name": "Mallory"}).location == "/sign-in"
    assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    "typed", ["", "ada", "a@b.c, x@y.z", "ada@example.org\r\nBcc: x@example.org", "a" * 250 + "@b.uk"]
)
def test_what_is_no_address_is_said_so_and_stays_typed(client: Visitor, typed: str) -> None:
    """A77."""
    answer = client.post("/sign-in", data={"email": typed})
    assert answer.status_code == 422
    assert "should read like name@example.org" in answer.text
    assert typed.split("\r", maxsplit=1)[0][:50] in answer.text


FOREIGN = (
    "https://evil.example",
    "//evil.example",
    "/\t/evil.example",
    " //evil.example",
    "/..//evil.example",
    "\\\\evil.example",
    "///evil.example/",
    "http:///evil.example",
    "javascript:alert(1)",
    "/\\evil.example",
    "https:evil.example",
    "ftp://x",
    "/sign-out",
    "/static/../../x",
    "",
)


@pytest.mark.parametrize("following", FOREIGN)
def test_after_signing_in_one_lands_on_our_own_pages_only(session, ada, client: Visitor, following: str) -> None:
    """A97."""
    ask(client, "ada@example.org")
    assert type_code(client, newest(session).digits, following).location == "/today"


def test_after_signing_in_one_lands_where_one_was_going(session, ada, client: Visitor) -> None:
    asked = client.get("/settings?done=session")
    assert asked.location == "/sign-in?next=/settings?done%3Dsession"
    ask(client, "ada@example.org")
    assert type_code(client, newest(session).digits, "/settings?done=session").location == "/settings?done=session"


def test_a_code_from_the_shell_lets_in_once_from_any_browser(session, ada, app, new_client: NewClient) -> None:
    printed = app.test_cli_runner().invoke(args=["sign-in-code", "ada@example.org"]).output.strip()
    assert re.fullmatch(r"\d{3} \d{3}", printed)
    one, other = new_client(), new_client()
    ask(one, "ada@example.org")
    assert type_code(one, printed).location == "/today"
    ask(other, "ada@example.org")
    assert type_code(other, printed).status_code == 422


def test_the_first_organiser_is_made_in_the_shell(session, app) -> None:
    """A111."""
    assert "may start groups" in app.test_cli_runner().invoke(args=["organiser", "Cleo@Example.org"]).output
    assert people.find_by_email("cleo@example.org").may_start_groups
    assert app.test_cli_runner().invoke(args=["organiser", "nonsense"]).exit_code == 1


def test_all_letters_are_stopped_with_one_tap_and_codes_still_come(session, ada, client: Visitor) -> None:
    """P165."""
    client.sign_in(ada)
    client.post("/settings/letters", data={"letters": "off"})
    session.rollback()
    session.refresh(ada)
    assert not ada.mail_prompts
    assert "Nothing is sent to you but the sign-in codes" in client.get("/settings").text
    ask(client, "ada@example.org")
    assert newest(session).email == "ada@example.org"
    session.rollback()
    client.post("/settings/letters", data={"letters": "on"})
    session.refresh(ada)
    assert ada.mail_prompts


def test_letters_are_chosen_by_kind_and_by_group(session, world, client: Visitor) -> None:
    """P165."""
    client.sign_in(world.cleo)
    everything = {"follow_ups": "on", "one_to_ones": "on", "before": "on", f"group-{world.group.id}": "on"}
    session.rollback()
    assert "From Bread &amp; Butter" in client.get("/settings").text
    client.post("/settings/reminders", data={"follow_ups": "on", "before": "on"})
    assert mutes.of(world.cleo, mutes.MAIL) == ({"one_to_ones"}, {world.group.id})
    session.rollback()
    client.post("/settings/reminders", data=everything)
    assert mutes.of(world.cleo, mutes.MAIL) == (set(), set())


def test_what_i_agreed_to_stands_in_settings(session, ada, client: Visitor) -> None:
    """P160."""
    client.sign_in(ada)
    client.post("/settings/reminders", data={"follow_ups": "on"})
    client.post("/card/edit", data={"name": "Ada Bevan", "preset": "usual", "phone": "07700 900123"})
    client.post("/settings/reminders", data={})
    page = client.get("/settings").text
    for told in ("People I meet may ring me", "on your card", "Taken back Tue 24 Nov, in Settings"):
        assert told in page


def test_an_address_that_a_yes_puts_elsewhere_is_noted(session, world, client: Visitor) -> None:
    """P160. It was open to people met, and stands for those alone from now on to whom it was given."""
    client.sign_in(world.ada)
    client.post("/card/edit", data={"name": "Ada Bevan", "preset": "open", "email": "ada@example.org"})
    session.rollback()
    contacts.meet(world.ben, world.ada, uuid4(), BY_HAND, world.event, clock.now(), clock.now())
    [question] = questions.for_me(world.ada, clock.now())
    session.commit()
    client.post(f"/questions/{question.id}/answer", data={"answer": "yes", "email": "books@example.org"})
    session.rollback()
    [consent] = [one for one in consents.of(world.ada) if one.what == consents.EMAIL]
    assert consent.withdrawn_at == clock.now()


def test_settings_take_the_same_few_queries_however_much_is_in_them(session, world, client: Visitor, queries) -> None:
    client.sign_in(world.cleo)
    with queries() as few:
        client.get("/settings")
    session.rollback()
    for number in range(4):
        groups.start(world.cleo, f"Group {number}", cast.ZONE, clock.now())
        consents.note(world.cleo, consents.SETTINGS, clock.now())
    session.commit()
    with queries() as many:
        client.get("/settings")
    assert many.count == few.count <= 11, many


def change_address(client: Visitor, session, email: str):
    assert client.post("/settings/address", data={"email": email}).status_code == 303
    return type_code(client, newest(session).digits)


def test_a_new_address_is_proved_and_the_old_one_is_told(session, ada, client: Visitor) -> None:
    """A124."""
    client.sign_in(ada)
    before = client.cookie("session")
    assert change_address(client, session, "ada@example.net").location == "/settings?done=changed"
    session.rollback()
    session.refresh(ada)
    assert ada.email == "ada@example.net"
    told = session.scalars(select(Notice)).one()
    assert (told.kind, told.email, told.data["new"]) == (notices.ADDRESS_CHANGED, "ada@example.org", "a…@example.net")
    assert client.cookie("session") != before
    assert "ada@example.net. You sign in with it" in client.get("/settings").text


def test_the_old_address_takes_it_back_with_one_button(session, ada, client: Visitor, new_client: NewClient) -> None:
    """A124, A95. Whoever only looks, like a mail scanner, changes nothing."""
    client.sign_in(ada)
    change_address(client, session, "thief@example.net")
    session.rollback()
    undo = session.scalars(select(Notice)).one().data["undo"]
    session.rollback()
    reader = new_client()
    page = reader.get(undo)
    assert "t…@example.net" in page.text
    assert "thief@example.net" not in page.text
    session.refresh(ada)
    assert ada.email == "thief@example.net"
    session.rollback()
    for _tap in range(2):
        assert reader.post(undo).location == undo
    assert "ada@example.org is your address again" in reader.get(undo).text
    session.refresh(ada)
    assert ada.email == "ada@example.org"
    assert client.get("/settings").status_code == 303


def test_a_code_for_a_new_address_does_nothing_once_signed_out(session, ada, client: Visitor) -> None:
    """A124."""
    client.sign_in(ada)
    client.post("/settings/address", data={"email": "ada@example.net"})
    code = newest(session).digits
    session.rollback()
    client._keep("session", "none of ours")
    assert type_code(client, code).location == "/new"
    session.refresh(ada)
    assert ada.email == "ada@example.org"


def test_an_address_with_a_card_of_its_own_stays_that_cards(session, world, client: Visitor) -> None:
    client.sign_in(world.ada)
    assert change_address(client, session, "ben@example.org").location == "/settings?done=taken"
    assert "That address has a card of its own" in client.get("/settings?done=taken").text


def test_the_session_cookie_is_bound_to_this_host_and_hidden_from_scripts(session, ada, client: Visitor) -> None:
    """A87."""
    ask(client, "ada@example.org")
    answer = type_code(client, newest(session).digits)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-session="))
    attributes = {part.strip().split("=")[0] for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path", "SameSite", "Max-Age"} <= attributes
    assert "Domain" not in attributes
    assert f"Max-Age={int(timedelta(days=400).total_seconds())}" in cookie
