"""Cards: what is shown to whom, and the address that finds one, is withdrawn and replaced."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app import tokens
from app.domain import cards, fields, people
from app.domain.cards import ANYONE, MET, NOBODY, OWNER
from app.domain.refusals import NotFound, Unfit

EVERYTHING = {
    "role": "Owner",
    "company": "Rhys & Daughters",
    "what_i_do": "I keep the books for cafés",
    "who_for": "Cafés with up to ten people",
    "looking_for": "A solicitor who likes small firms",
    "can_offer": "An hour on your first year's accounts",
    "ask_me_about": "Bees",
    "not_for_me": "Insurance",
    "email": "sian@example.org",
    "phone": "07700 900123",
    "link": "example.org/sian",
}


@pytest.fixture
def sian(session, clock):
    person = people.join("Siân Rhys", "Europe/London", clock.now)
    cards.issue(person, clock.now, "I keep the books for cafés")
    return person


@pytest.fixture
def card(sian):
    return cards.of(sian)


def fill(card, preset=fields.RESERVED, **levels):
    cards.change(card, "Siân Rhys", EVERYTHING, preset, levels, "GB")


class TestWhatIsSeen:
    def test_a_new_card_shows_the_name_and_what_i_do(self, card):
        """P159."""
        assert cards.visible(card, ANYONE) == {"what_i_do": "I keep the books for cafés"}

    def test_a_card_without_a_word_shows_the_name_alone(self, session, clock):
        ben = people.join("Ben", "Europe/London", clock.now)
        card = cards.issue(ben, clock.now)
        assert cards.visible(card, OWNER) == {}

    def test_the_owner_sees_every_field_in_the_cards_order(self, card):
        fill(card)
        assert tuple(cards.visible(card, OWNER)) == cards.FIELDS

    @pytest.mark.parametrize("preset", fields.PRESETS)
    @pytest.mark.parametrize(("onlooker", "levels"), [(ANYONE, {ANYONE}), (MET, {ANYONE, MET})])
    def test_an_onlooker_sees_what_is_open_to_them_and_no_more(self, card, preset, onlooker, levels):
        fill(card, preset)
        allowed = {name for name in cards.FIELDS if fields.PRESETS[preset][name] in levels}
        assert cards.visible(card, onlooker).keys() == allowed

    def test_one_fields_own_level_wins_over_the_preset(self, card):
        fill(card, fields.OPEN, phone=NOBODY, email=MET)
        assert not {"phone", "email"} & cards.visible(card, ANYONE).keys()
        assert "email" in cards.visible(card, MET)
        assert "phone" not in cards.visible(card, MET)

    def test_a_stranger_is_no_onlooker_of_a_new_kind(self, card):
        with pytest.raises(KeyError):
            cards.visible(card, "organiser")

    def test_a_field_added_later_is_shared_as_the_preset_has_it(self, card):
        cards.change(card, "Siân", {}, fields.USUAL, {}, "GB")
        cards.put(card, "email", "sian@example.org")
        assert "email" not in cards.visible(card, ANYONE)
        assert "email" in cards.visible(card, MET)


class TestChanging:
    def test_a_card_comes_back_as_it_was_typed(self, session, sian, card):
        fill(card)
        session.commit()
        session.expire_all()
        seen = cards.visible(cards.of(sian), OWNER)
        assert seen["phone"] == "+447700900123"
        assert seen["link"] == "https://example.org/sian"
        assert {field.name: field.typed for field in cards.of(sian).fields} == EVERYTHING

    def test_a_field_left_empty_is_taken_off(self, session, card):
        fill(card)
        cards.change(card, "Siân Rhys", {**EVERYTHING, "phone": " "}, fields.OPEN, {}, "GB")
        assert "phone" not in cards.visible(card, OWNER)
        assert session.scalar(select(func.count()).select_from(cards.CardField)) == len(EVERYTHING) - 1

    def test_a_card_keeps_a_name(self, card):
        with pytest.raises(people.NoName):
            cards.change(card, " ", {}, fields.OPEN, {}, "GB")

    @pytest.mark.parametrize(("preset", "levels"), [("public", {}), (fields.OPEN, {"email": "everyone"})])
    def test_a_level_that_is_none_is_refused(self, card, preset, levels):
        with pytest.raises(Unfit):
            cards.change(card, "Siân", EVERYTHING, preset, levels, "GB")

    @pytest.mark.parametrize("wrong", [{"name": "surname"}, {"level": "everyone"}, {"text": ""}])
    def test_the_database_too_refuses_what_is_no_field(self, session, card, wrong):
        row = {"name": "role", "text": "x", "typed": "x", "level": ANYONE, **wrong}
        session.add(cards.CardField(card_id=card.id, **row))
        with pytest.raises(IntegrityError):
            session.flush()


class TestTheAddress:
    def test_a_token_is_26_characters_and_finds_its_card_in_any_case(self, card):
        issued = cards.living(card)
        assert len(issued.token) == 26
        assert issued.token == issued.token.lower()
        assert cards.shown(cards.find(issued.token)) is card
        assert cards.shown(cards.find(issued.token.upper())) is card

    def test_only_the_hash_of_a_token_is_kept(self, session, card):
        """A138."""
        issued = cards.living(card)
        kept = session.execute(select(cards.CardToken.__table__)).one()
        assert issued.token not in " ".join(map(str, kept))
        assert kept.token_hash == tokens.digest(issued.token)

    @pytest.mark.parametrize("token", ["", "a" * 26, "é", "0" * 26, "%", "a" * 5000, "\u212a" * 26])
    def test_an_unknown_token_finds_nothing(self, card, token):
        assert cards.find(token) is None
        with pytest.raises(NotFound):
            cards.shown(cards.find(token))

    def test_a_short_code_is_read_as_it_was_meant(self, session, card):
        cards.living(card).short_code = "0123ABCD"
        session.flush()
        for typed in ("0123 abcd", "oi23-AbCd", "OL23 ABCD"):
            assert cards.shown(cards.by_short_code(typed)) is card

    def test_a_new_code_withdraws_the_old_one_at_once(self, card, clock):
        """P168."""
        before = cards.living(card)
        old, old_code = before.token, before.short_code
        after = cards.renew(card, clock.move(hours=1))
        assert after.token != old
        assert after.short_code != old_code
        assert cards.shown(cards.find(after.token)) is card
        for found in (cards.find(old), cards.by_short_code(old_code)):
            assert found.withdrawn_at == clock.now
            with pytest.raises(cards.CardWithdrawn) as refused:
                cards.shown(found)
            assert refused.value.status == 410
            assert "Siân" not in str(refused.value)

    def test_a_code_can_be_renewed_again_and_again(self, session, card, clock):
        issued = {cards.renew(card, clock.now).token for _time in range(3)}
        assert len(issued) == 3
        assert cards.living(card).token in issued
        assert session.scalar(select(func.count()).select_from(cards.CardToken)) == 4

    def test_the_database_too_allows_one_living_address_a_card(self, session, card, clock):
        session.add(
            cards.CardToken(
                card_id=card.id,
                generation=2,
                key_id="test",
                token_hash=b"0" * 32,
                short_code="00000000",
                issued_at=clock.now,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()

    def test_a_person_without_a_card_has_none(self, session, clock):
        ben = people.join("Ben", "Europe/London", clock.now)
        with pytest.raises(cards.UnknownCard):
            cards.of(ben)

    def test_a_card_is_found_whole_in_one_question(self, session, card, queries):
        fill(card)
        token = cards.living(card).token
        session.commit()
        session.expunge_all()
        with queries() as asked:
            found = cards.shown(cards.read(token))
            assert cards.visible(found, MET)
            assert found.person.name == "Siân Rhys"
            assert found.photo is None
        assert asked.count == 1, asked


class TestTheVcard:
    def test_it_holds_what_the_onlooker_sees(self, card):
        fill(card, fields.USUAL)
        met = cards.vcard(card, MET)
        assert "EMAIL;TYPE=INTERNET:sian@example.org\r\n" in met
        assert "TEL:+447700900123\r\n" in met
        assert "NOTE:I keep the books for cafés\r\n" in met
        assert "URL:https://example.org/sian\r\n" in met

    @pytest.mark.parametrize("onlooker", [ANYONE, MET])
    def test_a_hidden_field_is_not_in_it(self, card, onlooker):
        """A131."""
        fill(card, fields.OPEN, phone=NOBODY, email=NOBODY)
        written = cards.vcard(card, onlooker)
        assert "TEL" not in written
        assert "900123" not in written
        assert "EMAIL" not in written


class TestThePhoto:
    def test_it_is_found_by_its_address_alone(self, session, card):
        address = cards.hang(card, b"jpeg").address
        session.commit()
        session.expire_all()
        assert cards.photo_at(address).jpeg == b"jpeg"
        with pytest.raises(NotFound):
            cards.photo_at("a" * 43)

    def test_another_picture_has_another_address_and_the_same_onlookers(self, card):
        first = cards.hang(card, b"one").address
        cards.change(card, "Siân", {}, fields.OPEN, {"photo": NOBODY}, "GB")
        second = cards.hang(card, b"two")
        assert second.address != first
        assert second.level == NOBODY
        with pytest.raises(NotFound):
            cards.photo_at(first)

    def test_whoever_may_no_longer_see_it_is_left_with_a_dead_address(self, card):
        address = cards.hang(card, b"jpeg").address
        fill(card, fields.OPEN)
        assert cards.picture(card, ANYONE).address != address
        address = cards.picture(card, ANYONE).address
        fill(card, fields.OPEN)
        assert cards.picture(card, ANYONE).address == address
        fill(card, fields.OPEN, photo=NOBODY)
        assert cards.picture(card, MET) is None
        assert cards.picture(card, OWNER).address != address

    def test_it_is_shared_as_the_preset_has_it(self, card):
        cards.hang(card, b"jpeg")
        assert cards.picture(card, ANYONE) is None
        assert cards.picture(card, MET) is not None

    def test_it_can_be_taken_down(self, session, card):
        address = cards.hang(card, b"jpeg").address
        cards.take_down(card)
        assert card.photo is None
        with pytest.raises(NotFound):
            cards.photo_at(address)
        cards.take_down(card)

    def test_a_level_that_is_none_is_refused(self, card):
        cards.hang(card, b"jpeg")
        with pytest.raises(cards.UnknownLevel):
            cards.change(card, "Siân", {}, fields.OPEN, {"photo": "everyone"}, "GB")
