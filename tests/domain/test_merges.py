"""Merges: the guest's morning becomes the account's, whole, once, and nothing of it goes down with the guest."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.database import Base
from app.domain import (
    acquaintances,
    attendance,
    blocks,
    cards,
    contacts,
    encounters,
    fields,
    folds,
    follow_ups,
    groups,
    holders,
    invitations,
    merges,
    one_to_ones,
    partings,
    people,
    planning,
    prompts,
    questions,
    rosters,
    sessions,
    welcomes,
)
from app.domain.attendance import GOING, LATE, PRESENT, Attendance
from app.domain.cards import CardToken
from app.domain.contacts import KEEPING_UP, LINE, PROMISE, Contact, Note
from app.domain.encounters import BY_HAND, CARD, Encounter, Observation
from app.domain.groups import Membership
from app.domain.one_to_ones import Offer
from app.domain.people import Person
from app.domain.prompts import Prompt
from app.domain.questions import ACCESS, Question
from app.domain.rosters import RosterEntry
from app.domain.sessions import Session
from tests import cast

TWO_DAYS = timedelta(days=2, hours=3)


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


@pytest.fixture
def ada(company) -> Person:
    """Ada, with an account."""
    return company.ada


@pytest.fixture
def guest(company, clock) -> Person:
    """Ada on another phone, where she said her name and nothing else."""
    return cast.person("Ada B", clock.now)


def meet(one: Person, other: Person, event, clock, how: str = CARD, op_id: UUID | None = None) -> Observation:
    return contacts.meet(one, other, op_id or uuid4(), how, event, clock.now, clock.now)


def note(owner: Person, other: Person, text: str, clock, encounter=None, kind: str = LINE) -> None:
    contacts.write(contacts.find(owner, other), kind, text, encounter, clock.now)


def words(owner: Person, other: Person) -> list[str]:
    return [found.text for found in contacts.notes(contacts.find(owner, other))]


class TestEncounters:
    def test_whom_the_guest_met_the_account_has_met(self, company, ada, guest, clock) -> None:
        op_id = meet(guest, company.ben, company.event, clock).op_id
        merges.merge(guest, ada, clock.now)
        assert [met.other.name for met in acquaintances.made(ada, company.event)] == ["Ben Okafor"]
        assert encounters.find(ada, op_id).observed_id == company.ben.id
        assert [met.other.id for met in acquaintances.made(company.ben, company.event)] == [ada.id]

    def test_two_encounters_of_a_pair_at_one_event_become_one_with_both_words(
        self, company, ada, guest, clock, session
    ) -> None:
        """D12."""
        meet(ada, company.ben, company.event, clock)
        first = clock.now
        clock.move(minutes=5)
        meet(guest, company.ben, company.event, clock)
        meet(company.ben, guest, company.event, clock)
        merges.merge(guest, ada, clock.now)
        [encounter] = encounters.between(ada, company.ben)
        said = session.scalars(select(Observation).where(Observation.encounter_id == encounter.id)).all()
        assert (len(said), encounter.met_at) == (3, first)

    def test_a_meeting_of_the_day_folds_into_the_same_mornings_event(self, company, ada, guest, clock) -> None:
        meet(ada, company.ben, company.event.day, clock)
        meet(guest, company.ben, company.event, clock)
        merges.merge(guest, ada, clock.now)
        [encounter] = encounters.between(ada, company.ben)
        assert (encounter.event, encounter.local_day) == (company.event, None)

    def test_what_the_guest_took_back_stays_taken_back(self, company, ada, guest, clock) -> None:
        word = meet(guest, company.ben, company.event, clock)
        contacts.take_back(guest, word.op_id, clock.now)
        merges.merge(guest, ada, clock.now)
        assert encounters.between(ada, company.ben) == []
        assert contacts.find(company.ben, ada).opened_at is None

    def test_nobody_meets_themselves(self, company, ada, guest, clock, session) -> None:
        meet(guest, ada, company.event, clock)
        meet(ada, guest, company.event, clock)
        note(guest, ada, "My other phone", clock)
        merges.merge(guest, ada, clock.now)
        for table in (Encounter, Observation, Contact, Note):
            assert session.scalar(select(func.count()).select_from(table)) == 0


class TestContacts:
    def test_notes_of_both_are_one_note_the_older_first(self, company, ada, guest, clock) -> None:
        meet(ada, company.ben, company.event, clock)
        meet(guest, company.ben, company.event, clock)
        note(guest, company.ben, "Cycles in from Keynsham", clock)
        clock.move(minutes=1)
        note(ada, company.ben, "Needs a bookkeeper", clock)
        merges.merge(guest, ada, clock.now)
        assert words(ada, company.ben) == ["Cycles in from Keynsham\nNeeds a bookkeeper"]

    def test_notes_about_an_encounter_follow_it_and_still_open(self, company, ada, guest, clock, session) -> None:
        mine, theirs = meet(ada, company.ben, company.event, clock), meet(guest, company.ben, company.event, clock)
        note(ada, company.ben, "One", clock, mine.encounter)
        note(guest, company.ben, "Two", clock, theirs.encounter)
        note(guest, company.ben, "A promise", clock, theirs.encounter, PROMISE)
        merges.merge(guest, ada, clock.now)
        told = contacts.notes(contacts.find(ada, company.ben))
        assert {found.text for found in told} == {"One\nTwo", "A promise"}
        assert {found.encounter.id for found in told} == {mine.encounter_id}

    def test_what_others_wrote_about_the_guest_they_wrote_about_the_account(self, company, ada, guest, clock) -> None:
        meet(company.ben, guest, company.event, clock)
        note(company.ben, guest, "Sharp with figures", clock)
        contacts.move(contacts.find(company.ben, guest), KEEPING_UP)
        merges.merge(guest, ada, clock.now)
        assert words(company.ben, ada) == ["Sharp with figures"]
        assert contacts.find(company.ben, ada).stage == KEEPING_UP

    def test_a_promise_is_kept_only_if_both_were(self, company, ada, guest, clock, session) -> None:
        for one in (ada, guest):
            meet(one, company.ben, company.event, clock)
            note(one, company.ben, f"Send {one.name} the book", clock, kind=PROMISE)
        kept = session.scalars(select(Note).join(Note.contact).where(Contact.owner_id == ada.id)).one()
        kept.kept_at = clock.now
        merges.merge(guest, ada, clock.now)
        [promise] = contacts.notes(contacts.find(ada, company.ben))
        assert promise.kept_at is None

    def test_two_who_each_met_half_by_hand_are_open_to_each_other(self, company, ada, guest, clock) -> None:
        meet(ada, company.ben, company.event, clock, BY_HAND)
        meet(company.ben, guest, company.event, clock, BY_HAND)
        assert contacts.level(contacts.find(ada, company.ben)) == cards.ANYONE
        merges.merge(guest, ada, clock.now)
        assert contacts.level(contacts.find(ada, company.ben)) == cards.MET

    def test_where_the_account_has_put_somebody_counts_else_where_the_guest_has(
        self, company, ada, guest, clock
    ) -> None:
        for one in (ada, guest):
            meet(one, company.ben, company.event, clock)
        contacts.move(contacts.find(guest, company.ben), KEEPING_UP)
        merges.merge(guest, ada, clock.now)
        assert contacts.find(ada, company.ben).stage == KEEPING_UP


class TestPlaces:
    def listed(self, company, name: str, session, clock) -> Attendance:
        place = attendance.expect(company.event, name, GOING, clock.now)
        compared = people.comparable(name)
        session.add(
            RosterEntry(
                event=company.event,
                attendance=place,
                layout="hand-kept",
                name=name,
                comparable_name=compared,
                created_at=clock.now,
            )
        )
        session.flush()
        return place

    def test_the_guests_place_becomes_the_accounts(self, company, ada, guest, clock) -> None:
        [place] = cast.arrive(company.event, guest, now=clock.now)
        merges.merge(guest, ada, clock.now)
        own = attendance.of(company.event, ada)
        assert (own.id, own.name, own.state, own.arrived_at) == (place.id, "Ada Bevan", PRESENT, clock.now)

    def test_of_two_places_at_one_event_the_earlier_presence_counts(self, company, ada, guest, clock, session) -> None:
        cast.arrive(company.event, guest, now=clock.now)
        here = clock.now
        cast.arrive(company.event, ada, now=clock.move(minutes=30))
        assert attendance.of(company.event, ada).state == LATE
        merges.merge(guest, ada, clock.now)
        own = attendance.of(company.event, ada)
        assert (own.state, own.arrived_at) == (PRESENT, here)
        assert len(attendance.changes(own)) == 2
        assert session.scalar(select(func.count()).select_from(Attendance)) == 1

    @pytest.mark.parametrize("whose", ["guest", "ada"])
    def test_the_listed_place_stays_whoever_of_the_two_has_it(self, company, ada, guest, clock, session, whose) -> None:
        place = self.listed(company, "Ada Bevan", session, clock)
        holder = {"guest": guest, "ada": ada}[whose]
        rosters.claim(place, holder, clock.now)
        cast.arrive(company.event, guest, ada, now=clock.now)
        merges.merge(guest, ada, clock.now)
        own = attendance.of(company.event, ada)
        assert (own.id, own.origin, own.is_here) == (place.id, "list", True)
        assert [entry.attendance_id for entry in rosters.of(company.event)] == [place.id]

    def test_a_list_finds_who_was_on_it_twice_by_either_name(self, company, ada, guest, clock, session) -> None:
        for name, holder in (("Ada Bevan", ada), ("Ada B", guest)):
            rosters.claim(self.listed(company, name, session, clock), holder, clock.now)
        merges.merge(guest, ada, clock.now)
        [entry] = rosters.of(company.event)
        assert entry.names == {"ada bevan", "ada b"}
        assert entry.attendance.person_id == ada.id

    def test_the_account_belongs_where_the_guest_came(self, company, ada, guest, clock, session) -> None:
        cast.arrive(company.event, guest, now=clock.now)
        merges.merge(guest, ada, clock.now)
        assert session.get(groups.Membership, (company.group.id, ada.id)).role == groups.MEMBER

    def test_what_the_guest_organised_the_account_organises(self, company, ada, guest, clock, session) -> None:
        mine = groups.start(guest, "Ada's own", cast.ZONE, clock.now, open_to_all=True)
        groups.belong(mine.id, ada.id, clock.now)
        merges.merge(guest, ada, clock.now)
        assert groups.organised_by(ada) == [mine]


class TestCards:
    def test_the_accounts_card_wins_and_the_guests_fills_its_blanks_as_closed_as_either(
        self, company, ada, guest, clock
    ) -> None:
        """D12."""
        theirs, own = cards.of(guest), cards.of(ada)
        cards.put(theirs, "what_i_do", "Something else")
        cards.put(theirs, "phone", "07700 900123", cards.ANYONE, "GB")
        cards.put(theirs, "company", "Bevan & Daughters", cards.NOBODY)
        assert merges.preview(guest, ada).fills == ["company", "phone"]
        merges.merge(guest, ada, clock.now)
        levels = {field.name: field.level for field in own.fields}
        assert cards.visible(own, cards.OWNER)["what_i_do"] == "I keep the books for cafés"
        assert levels == {"what_i_do": cards.ANYONE, "phone": cards.NOBODY, "company": cards.NOBODY}

    def test_a_photo_fills_a_blank_at_a_new_address(self, company, ada, guest, clock) -> None:
        theirs = cards.of(guest)
        cards.change(theirs, "Ada B", {}, fields.OPEN, {}, "GB")
        before = cards.hang(theirs, b"a picture").address
        merges.merge(guest, ada, clock.now)
        picture = cards.of(ada).photo
        assert (picture.jpeg, picture.level) == (b"a picture", cards.MET)
        assert picture.address != before

    def test_the_guests_code_leads_to_the_accounts_card(self, company, ada, guest, clock) -> None:
        """D12."""
        issued = cards.living(cards.of(guest))
        token, short = issued.token, issued.short_code
        merges.merge(guest, ada, clock.now)
        for found in (cards.find(token), cards.by_short_code(short)):
            assert cards.shown(found).person_id == ada.id
        assert cards.living(cards.of(ada)).token != token

    def test_a_new_code_ends_the_old_ones_that_led_here_too(self, company, ada, guest, clock) -> None:
        token = cards.living(cards.of(guest)).token
        merges.merge(guest, ada, clock.now)
        cards.renew(cards.of(ada), clock.now)
        with pytest.raises(cards.CardWithdrawn):
            cards.shown(cards.find(token))

    def test_two_of_the_cards_own_codes_never_live_at_once(self, company, ada, clock, session) -> None:
        card = cards.of(ada)
        with pytest.raises(IntegrityError), session.begin_nested():
            cards._issue_token(card, 2, clock.now)
        assert session.scalars(select(CardToken).where(CardToken.card_id == card.id)).one().generation == 1


class TestPrompts:
    def closed(self, company, ada, guest, clock, *arriving: Person) -> None:
        cast.arrive(company.event, *arriving, now=clock.now)
        clock.set(company.event.closes_at)
        planning.plan(clock.now)

    def follow_up(self, session, person: Person) -> Prompt:
        mine = (Prompt.person_id == person.id, Prompt.kind == prompts.FOLLOW_UP)
        return session.scalars(select(Prompt).where(*mine)).one()

    def test_what_both_are_asked_is_asked_once(self, company, ada, guest, clock, session) -> None:
        self.closed(company, ada, guest, clock, ada, guest)
        own = self.follow_up(session, ada)
        merges.merge(guest, ada, clock.now)
        assert self.follow_up(session, ada).id == own.id
        planning.plan(clock.now)
        assert session.scalar(select(func.count()).select_from(Prompt)) == 1

    def test_whom_the_guest_chose_the_account_has_chosen(self, company, ada, guest, clock, session) -> None:
        for one in (ada, guest):
            meet(one, company.ben, company.event, clock)
        meet(guest, company.cleo, company.event, clock)
        self.closed(company, ada, guest, clock, ada, guest)
        chosen = [contacts.find(guest, one).id for one in (company.ben, company.cleo)]
        follow_ups.choose(self.follow_up(session, guest), chosen, clock.now)
        merges.merge(guest, ada, clock.now)
        names = [pick.contact.other.first_name for pick in follow_ups.picks(self.follow_up(session, ada))]
        assert sorted(names) == ["Ben", "Cleo"]

    def test_what_the_guest_has_answered_is_not_asked_again(self, company, ada, guest, clock, session) -> None:
        self.closed(company, ada, guest, clock, ada, guest)
        prompts.answer(self.follow_up(session, guest), clock.now)
        merges.merge(guest, ada, clock.now)
        assert self.follow_up(session, ada).state == prompts.DONE

    def test_what_only_the_guest_was_asked_goes_on_as_the_accounts(self, company, ada, guest, clock, session) -> None:
        self.closed(company, ada, guest, clock, guest)
        asked = self.follow_up(session, guest)
        merges.merge(guest, ada, clock.now)
        assert self.follow_up(session, ada).id == asked.id


class TestOneToOnes:
    def proposed(self, one: Person, other: Person, company, clock):
        meet(one, other, company.event, clock)
        offer = Offer([clock.now + timedelta(days=3)], cast.ZONE, "By phone")
        found = invitations.propose(one, contacts.find(one, other), offer, clock.now)
        clock.move(days=1, minutes=1)
        return found

    def test_a_1_2_1_of_the_guest_is_the_accounts(self, company, ada, guest, clock) -> None:
        mine = self.proposed(guest, company.ben, company, clock)
        theirs = self.proposed(company.cleo, guest, company, clock)
        invitations.decline(mine, company.ben, clock.now)
        merges.merge(guest, ada, clock.now)
        assert one_to_ones.of(ada, mine.id).proposer_id == ada.id
        assert one_to_ones.of(ada, theirs.id).state == one_to_ones.PROPOSED
        assert [prompt.one_to_one_id for prompt in prompts.waiting(ada, clock.now)] == [theirs.id]
        with pytest.raises(one_to_ones.SaidNo):
            self.proposed(ada, company.ben, company, clock)

    def test_of_two_open_proposals_to_the_same_person_one_is_left(self, company, ada, guest, clock) -> None:
        own = self.proposed(ada, company.ben, company, clock)
        double = self.proposed(guest, company.ben, company, clock)
        merges.merge(guest, ada, clock.now)
        assert one_to_ones.of(ada, own.id).state == one_to_ones.PROPOSED
        assert one_to_ones.of(ada, double.id).state == one_to_ones.CLOSED
        assert [prompt.one_to_one_id for prompt in prompts.waiting(company.ben, clock.now)] == [own.id]

    def test_a_no_to_the_guest_closes_what_the_account_has_proposed(self, company, ada, guest, clock) -> None:
        """D12."""
        refused = self.proposed(guest, company.ben, company, clock)
        invitations.decline(refused, company.ben, clock.now)
        own = self.proposed(ada, company.ben, company, clock)
        merges.merge(guest, ada, clock.now)
        assert one_to_ones.of(ada, own.id).state == one_to_ones.CLOSED
        assert prompts.waiting(company.ben, clock.now) == []


def _state(asker: Person, asked: Person, kind: str, session) -> list[str]:
    pair = (Question.asker_id == asker.id, Question.asked_id == asked.id, Question.kind == kind)
    return list(session.scalars(select(Question.state).where(*pair).order_by(Question.id)))


class TestRefusals:
    """What either of the two, or somebody to either of them, has refused."""

    @pytest.fixture
    def ben(self, company) -> Person:
        return company.ben

    def ask(self, asker: Person, asked: Person, clock, kind: str = ACCESS) -> Question:
        welcomes.put(asked, [welcomes.OFFERS])
        questions.ask(asker, asked, kind, clock.now)
        [asking] = [one for one in questions.for_me(asked, clock.now) if one.asker is asker]
        return asking

    def test_whom_either_blocked_the_one_that_is_left_has_blocked(self, company, ada, guest, clock) -> None:
        """D12."""
        partings.block(guest, company.ben, clock.now)
        partings.block(ada, company.ben, clock.now)
        partings.block(guest, company.cleo, clock.now)
        partings.block(company.dev, guest, clock.now)
        merges.merge(guest, ada, clock.now)
        assert {block.blocked.first_name for block in blocks.mine(ada)} == {"Ben", "Cleo"}
        assert [block.blocked for block in blocks.mine(company.dev)] == [ada]

    @pytest.mark.parametrize("by_the_guest", [True, False])
    def test_a_block_ends_what_the_account_has_in_hand_with_them(
        self, company, ada, ben, guest, clock, session, by_the_guest
    ) -> None:
        """D12."""
        meet(ada, ben, company.event, clock)
        one = invitations.propose(
            ada, contacts.find(ada, ben), Offer([clock.now + timedelta(days=3)], cast.ZONE, "By phone"), clock.now
        )
        self.ask(ben, ada, clock)
        partings.block(*((guest, ben) if by_the_guest else (ben, guest)), clock.now)
        merges.merge(guest, ada, clock.now)
        assert one_to_ones.of(ada, one.id).state == one_to_ones.CLOSED
        assert _state(ben, ada, ACCESS, session) == [questions.CLOSED]
        assert contacts.find(ada, ben) is None

    @pytest.mark.parametrize("kind", questions.KINDS)
    def test_a_no_of_the_guests_answers_what_the_account_is_still_asked(self, ada, ben, guest, clock, session, kind):
        """D12."""
        questions.answer(self.ask(ben, guest, clock, kind), False, clock.now)
        clock.move(days=8)
        self.ask(ben, ada, clock, kind)
        merges.merge(guest, ada, clock.now)
        assert questions.for_me(ada, clock.now) == []
        assert _state(ben, ada, kind, session) == [questions.NO, questions.NO]

    @pytest.mark.parametrize("kind", questions.KINDS)
    def test_a_no_to_the_guest_is_a_no_to_the_account_and_takes_a_yes_back(self, ada, ben, guest, clock, session, kind):
        """D12."""
        questions.answer(self.ask(guest, ben, clock, kind), False, clock.now)
        clock.move(minutes=1)
        questions.answer(self.ask(ada, ben, clock, kind), True, clock.now)
        merges.merge(guest, ada, clock.now)
        assert _state(ada, ben, kind, session) == [questions.NO, questions.CLOSED]
        assert questions.said_no(ben, ada, kind)
        assert not questions.said_yes(ben, ada, kind)

    def test_what_was_given_to_the_account_and_refused_to_the_guest_is_closed(self, company, ada, ben, guest, clock):
        """D12."""
        contacts.meet(guest, ben, uuid4(), BY_HAND, company.event, clock.now, clock.now)
        [asked] = questions.for_me(ben, clock.now)
        holders.answer(asked, False, clock.now)
        meet(ada, ben, company.event, clock)
        holders.give(contacts.find(ada, ben), clock.now)
        merges.merge(guest, ada, clock.now)
        assert contacts.level(contacts.find(ada, ben)) == cards.MET

    @pytest.mark.parametrize("from_the_guest", [True, False])
    def test_what_was_taken_back_from_either_stays_closed_to_both(
        self, company, ada, ben, guest, clock, from_the_guest
    ) -> None:
        """D4, D12."""
        for one in (ada, guest):
            meet(one, ben, company.event, clock)
            holders.give(contacts.find(one, ben), clock.now)
        holders.take_back(contacts.find(guest if from_the_guest else ada, ben), clock.now)
        merges.merge(guest, ada, clock.now)
        assert contacts.level(contacts.find(ada, ben)) == cards.ANYONE
        assert holders.news(ben) == []

    def test_offers_are_welcome_only_as_the_accounts_card_says(self, ada, guest, clock) -> None:
        """D12."""
        welcomes.put(guest, [welcomes.OFFERS, welcomes.ONE_TO_ONES])
        welcomes.put(ada, [welcomes.INTRODUCTIONS])
        merges.merge(guest, ada, clock.now)
        assert welcomes.of(ada) == [welcomes.INTRODUCTIONS, welcomes.ONE_TO_ONES]


class TestBelonging:
    def belong(self, company, ada, guest, clock) -> tuple[Membership, Membership]:
        clock.move(days=1)
        groups.belong(company.group.id, ada.id, clock.now)
        clock.move(days=1)
        groups.belong(company.group.id, guest.id, clock.now)
        [(_group, own)], [(_group, theirs)] = groups.of(ada), groups.of(guest)
        return own, theirs

    @pytest.mark.parametrize("first", [0, 1])
    def test_who_came_before_as_either_came_then(self, company, ada, guest, clock, first) -> None:
        both = self.belong(company, ada, guest, clock)
        long_ago = clock.now - timedelta(days=800)
        both[first].first_came_at, both[1 - first].first_came_at = long_ago, clock.now - timedelta(days=400)
        merges.merge(guest, ada, clock.now)
        [(_group, kept)] = groups.of(ada)
        assert kept.first_came_at == long_ago

    def test_a_first_morning_that_only_the_guest_had_is_kept(self, company, ada, guest, clock) -> None:
        own, theirs = self.belong(company, ada, guest, clock)
        theirs.first_came_at, joined = clock.now - timedelta(days=400), own.joined_at
        long_ago = theirs.first_came_at
        merges.merge(guest, ada, clock.now)
        [(_group, kept)] = groups.of(ada)
        assert (kept.first_came_at, kept.joined_at) == (long_ago, joined)

    def test_whoever_organises_or_hosts_as_either_does_so_and_is_told_by_whom(self, company, ada, guest, clock) -> None:
        _own, theirs = self.belong(company, ada, guest, clock)
        groups.host(theirs, True)
        groups.appoint(company.group, guest.id, company.cleo)
        merges.merge(guest, ada, clock.now)
        [told] = groups.news(ada)
        assert (told.role, told.host, told.made_by) == (groups.ORGANISER, True, company.cleo)


class TestTheTwoPeople:
    def test_the_stricter_of_two_wishes_about_letters_holds(self, company, ada, guest, clock) -> None:
        guest.mail_prompts = False
        merges.merge(guest, ada, clock.now)
        assert not ada.mail_prompts

    def test_the_guests_sessions_end(self, company, ada, guest, clock, session) -> None:
        sessions.start(guest, "A lost phone", clock.now)
        merges.merge(guest, ada, clock.now)
        assert session.scalars(select(Session)).all() == []

    def test_two_accounts_never_become_one_nor_two_guests(self, company, ada, guest, clock) -> None:
        for one, other in ((company.ben, ada), (guest, company.dev), (ada, guest), (ada, ada)):
            with pytest.raises(merges.NothingToMerge):
                merges.merge(one, other, clock.now)

    def test_what_will_move_is_told_first(self, company, ada, guest, clock, session) -> None:
        cast.arrive(company.event, guest, now=clock.now)
        meet(guest, company.ben, company.event, clock)
        meet(guest, ada, company.event, clock)
        note(guest, company.ben, "Cycles in", clock)
        told = merges.preview(guest, ada)
        assert (told.meetings, told.notes, [place.event for place in told.places]) == (1, 1, [company.event])

    def test_a_table_that_nobody_thought_of_stops_the_merge(self, company, ada, guest, clock, monkeypatch) -> None:
        monkeypatch.setitem(merges.RULES, "attendance_changes", merges.FOLDED)
        cast.arrive(company.event, guest, now=clock.now)
        with pytest.raises(LookupError, match=r"attendance_changes\.by_id"):
            merges.merge(guest, ada, clock.now)


WHO = st.sampled_from(["ada", "guest", "ben", "cleo"])
STEP = st.tuples(WHO, WHO, st.sampled_from(["event", "day", "note", "promise", "undo", "arrive", "stage"]))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=14))
def test_whatever_happened_a_merge_leaves_no_guest_and_loses_nothing(session, clock, steps) -> None:
    """Encounters stay one a pair and occasion, every word said among others is kept, and every note still opens."""
    session.rollback()
    company = cast.assemble(clock.now)
    clock.set(company.event.starts_at)
    who = {"ada": company.ada, "ben": company.ben, "cleo": company.cleo, "guest": cast.person("Ada B", clock.now)}
    for one, other, what in steps:
        clock.move(seconds=1)
        _do(who[one], who[other], what, company, clock)
    kept = _written(session, but={company.ada.id, who["guest"].id})
    merges.merge(who["guest"], company.ada, clock.now)
    assert folds.left("people", who["guest"].id) == []
    pairs = session.execute(select(Encounter.low_id, Encounter.high_id, Encounter.event_id, Encounter.local_day)).all()
    assert len(pairs) == len(set(pairs))
    assert set("\n".join(_written(session, but=set())).split("\n")) >= kept
    for table in Base.metadata.sorted_tables:
        session.execute(select(table)).all()
    session.rollback()


def _do(one: Person, other: Person, what: str, company, clock) -> None:
    if what == "arrive":
        cast.arrive(company.event, one, now=clock.now)
    elif one is not other and what in {"event", "day"}:
        meet(one, other, company.event if what == "event" else company.event.day, clock)
    elif (contact := contacts.find(one, other)) and what != "undo":
        met = encounters.between(one, other)
        text = f"{one.name} of {other.name} at {clock.now:%M%S}"
        contacts.write(contact, PROMISE if what == "promise" else LINE, text, met[0] if met else None, clock.now)
    elif one is not other:
        for word in encounters.latest(one, clock.now - timedelta(hours=1), 1):
            contacts.take_back(one, word.op_id, clock.now)


def _written(session, but: set[int]) -> set[str]:
    """Return the text of every note but those that these people have about each other."""
    found = session.scalars(select(Contact)).all()
    among = [contact for contact in found if not {contact.owner_id, contact.other_id} <= but]
    return {words.text for notes in contacts.notes_of(among).values() for words in notes}
