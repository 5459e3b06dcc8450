"""Letters after a block: none names the other, not even one whose words were kept for another try."""

from datetime import UTC, datetime, timedelta

from app.delivery.outcomes import Undeliverable
from app.domain import partings, prompts
from tests.delivery.ways import Way, change, states

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


def block(scene, session, now):
    change(session, lambda: partings.block(scene.ada, scene.ben, now))


def words(letters):
    return {letter.recipients[0]: letter.message.get_body(("plain",)).get_content() for letter in letters}


def test_a_letter_written_after_a_block_names_nobody_it_parts(breakfast, go, smtp, session):
    """P166."""
    block(breakfast, session, DUE - timedelta(hours=1))
    go(DUE)
    sent = words(smtp.letters)
    assert len(sent) == 3
    assert "Ben" not in sent["ada@example.org"]
    assert "Ada" not in sent["ben@example.org"]


def test_a_letter_that_was_kept_for_another_try_is_not_sent_after_a_block(breakfast, go, smtp, session):
    """P166. Its words are frozen and may name the other; the prompt waits under Today all the same."""
    busy = Undeliverable("451 busy", permanent=False)
    go(DUE, Way(busy, busy, busy))
    block(breakfast, session, DUE)
    go(DUE + timedelta(minutes=5))
    assert [letter.recipients[0] for letter in smtp.letters] == ["cleo@example.org"]
    assert states(session)["suppressed"] == 2
    assert prompts.waiting(breakfast.ada, DUE)


def test_a_block_just_before_the_dot_keeps_the_letter_back(breakfast, go, session):
    """P166."""
    way = Way(lambda: block(breakfast, session, DUE + timedelta(seconds=1)))
    go(DUE, way)
    assert [recipient for recipient, _content in way.sent] == ["cleo@example.org"]


def test_a_block_of_somebody_who_was_not_there_keeps_nothing_back(breakfast, go, smtp, session):
    busy = Undeliverable("451 busy", permanent=False)
    go(DUE, Way(busy, busy, busy))
    change(session, lambda: partings.block(breakfast.ada, breakfast.dev, DUE))
    go(DUE + timedelta(minutes=5))
    assert len(smtp.letters) == 3
