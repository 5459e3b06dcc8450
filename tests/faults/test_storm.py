"""The wifi comes back over a room of phones: a small one of the storms that `python -m bench.storm` measures."""

from bench.storm import Storm, rage


def test_a_room_of_phones_that_comes_back_at_once_loses_nothing_and_doubles_nothing() -> None:
    """B24, O50: answers lost, requests cut and doubled, clocks wrong by a day; the phones run the shipped scripts."""
    outcome = rage(Storm(phones=10, scans=12, within_s=1.0, patience_s=60.0))
    assert outcome.said["unheard"] > 0, "a storm in which every answer is heard is none"
    assert outcome.said["attention"] == outcome.said["waiting"] == 0
    assert outcome.observations == outcome.scans == 120
    assert outcome.met == outcome.truth
