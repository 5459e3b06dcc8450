"""Whatever happens in whatever order: one letter a prompt, none unwanted, none at night, one a day, three a week."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import current_app
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app.database import Base, begin_write, session
from app.delivery import courier
from app.delivery.breakers import Breaker
from app.delivery.outcomes import Uncertain, Undeliverable
from app.domain import attendance, cadence, counters, erasures, events, forgotten, partings, prompts, quiet_modes
from app.domain.deliveries import Delivery
from app.domain.people import Person
from tests import cast

BEGINS = datetime(2026, 11, 26, 8, 31, tzinfo=UTC)  # when what six breakfasts of a week ask is due, or soon
HOW = ("taken", "taken", "taken", "refused", "down", "cut", "killed")


class Killed(BaseException):
    """A worker that is no more: nothing of its round goes on."""


class Post:
    """A mail server in whatever mood the machine gives it; what it took is kept with when."""

    def __init__(self, machine):
        self.machine, self.moods, self.taken = machine, [], []

    def send(self, sender, recipient, content, before_dot):
        mood = self.moods.pop(0) if self.moods else "taken"
        if mood in ("refused", "down"):
            raise Undeliverable("451 later", down=mood == "down")
        if not before_dot():
            return False
        person = self.machine.by_address[recipient]
        assert self.machine.wants(person), f"{recipient} wanted none"
        assert self.machine.has_ground(content), "its breakfast was called off, or moved to another day"
        self.taken.append((self.machine.now, recipient, content))
        if mood == "cut":
            raise Uncertain("the line was cut")
        if mood == "killed":
            raise Killed
        return True


class Machine(RuleBasedStateMachine):
    """What may happen, one thing after the other."""

    @initialize()
    def assemble(self):
        empty()
        self.now, self.post, self.breaker = BEGINS, Post(self), Breaker()
        begin_write()
        self.scene = cast.assemble(self.now)
        people = (self.scene.ada, self.scene.ben, self.scene.cleo)
        for number in range(6):
            day = date(2026, 11, 25) - timedelta(days=number)
            plan = replace(cast.TUESDAY, name=f"Day {number}", day=day)
            event = events.create(self.scene.group.id, plan, self.now)
            for person in people:
                attendance.arrive(event, person, event.starts_at, cast.LATE_AFTER)
        self.group_id = self.scene.group.id
        self.by_address = {person.email: person.id for person in people}
        session.commit()

    def wants(self, person_id):
        person = session.get(Person, person_id)
        there = person is not None and person.erased_at is None
        wanted = bool(there and person.mail_prompts and not quiet_modes.is_on(person, self.now))
        session.rollback()
        return wanted

    def has_ground(self, content):
        """Say whether what the letter asks about took place, and was due by now."""
        delivery = session.scalar(
            select(Delivery).where(Delivery.message_id == header(content, b"Message-ID").strip("<>"))
        )
        event = delivery.prompt.event
        ground = event.cancelled_at is None and delivery.prompt.due_at <= self.now
        session.rollback()
        return ground

    def do(self, work):
        session.rollback()
        begin_write()
        work()
        session.commit()

    def whoever(self, number):
        return session.get(Person, list(self.by_address.values())[number])

    def events(self, number):
        """Return the breakfast of that number, unless it was called off."""
        found = events.of_group(self.group_id)
        return [event for event in found if event.name == f"Day {number}" and not event.cancelled_at]

    def are_here(self, *numbers):
        session.rollback()
        return not any(self.whoever(number).erased_at for number in numbers)

    @rule(hours=st.sampled_from([1, 5, 13, 24]), moods=st.lists(st.sampled_from(HOW), max_size=6))
    def live(self, hours, moods):
        """Let time pass, and a worker go round until nothing is due, or it is killed."""
        self.now += timedelta(hours=hours)
        self.post.moods = list(moods)
        session.rollback()
        try:
            while courier.round(self.now, self.post, self.breaker).held:
                pass
        except Killed:
            session.rollback()

    @rule(number=st.integers(0, 2), on=st.booleans())
    def choose(self, number, on):
        if self.are_here(number):
            self.do(lambda: (prompts.resubscribe if on else prompts.unsubscribe)(self.whoever(number)))

    @rule(number=st.integers(0, 2), on=st.booleans())
    def be_quiet(self, number, on):
        if self.are_here(number):
            self.do(lambda: (quiet_modes.begin if on else quiet_modes.end)(self.whoever(number), self.now))

    @rule(number=st.integers(0, 5))
    def call_off(self, number):
        self.do(lambda: [events.cancel(event, self.now) for event in self.events(number)])

    @rule(number=st.integers(0, 5), days=st.sampled_from([-2, -1, 1, 2, 9]))
    def move(self, number, days):
        """R29: what was not sent yet follows to the other day."""

        def put_off(event):
            events.change(event, replace(events.plan_of(event), day=event.day + timedelta(days=days)))

        self.do(lambda: [put_off(event) for event in self.events(number)])

    @rule(number=st.integers(0, 11))
    def erase(self, number):
        """Seldom, or nobody is left to write to."""
        log = Path(current_app.config["INSTANCE_PATH"]) / forgotten.LOG
        if number < len(self.by_address) and self.are_here(number):
            self.do(lambda: erasures.erase(self.whoever(number), self.now, log))

    @rule(one=st.integers(0, 2), other=st.integers(0, 2))
    def block(self, one, other):
        if one != other and self.are_here(one, other):
            self.do(lambda: partings.block(self.whoever(one), self.whoever(other), self.now))

    @invariant()
    def one_letter_a_prompt(self):
        """R39: copies of one letter are the same, and nothing is left where no worker looks."""
        if not hasattr(self, "post"):
            return
        by_id = defaultdict(set)
        for _at, recipient, content in self.post.taken:
            by_id[header(content, b"Message-ID")].add((recipient, content))
        assert all(len(kinds) == 1 for kinds in by_id.values())
        assert counters.astray(self.now, looked_at=False) == 0
        session.rollback()

    @invariant()
    def none_at_night(self):
        """R36."""
        for at, _recipient, _content in getattr(self, "post", Post(self)).taken:
            assert not cadence.is_quiet(at, cast.ZONE)

    @invariant()
    def one_a_day_and_three_a_week(self):
        """R35: of different letters; a cut line may repeat one."""
        first = {}
        for at, recipient, content in getattr(self, "post", Post(self)).taken:
            first.setdefault((recipient, content), at)
        days = Counter((recipient, at.date()) for (recipient, _content), at in first.items())
        assert not [one for one, number in days.items() if number > 1]
        for (recipient, _content), at in first.items():
            later = [b for (who, _c), b in first.items() if who == recipient and at <= b < at + timedelta(days=7)]
            assert len(later) <= 3


def header(content, name):
    return content.partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0].decode()


def empty():
    session.rollback()
    begin_write()
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())
    session.commit()
    session.expire_all()


def test_whatever_happens_in_whatever_order_the_promises_hold(app, clock):
    """R28, R29, R35, R36, R39: move, call off, consent, quiet, block, erase, clock, crash, mail server, deliver."""
    with app.app_context():
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=5,
                stateful_step_count=14,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
