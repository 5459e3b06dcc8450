"""A roster that travels locked: each name opens to its owner's code, for one event and version, and to nothing else."""

import base64
import gzip
import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from hypothesis import given
from hypothesis import strategies as st

from app import keys
from app.domain import locked_rosters
from app.domain.locked_rosters import FIND_BYTES, ID_BYTES, KEY_BYTES, NONCE, TAG_BYTES, Plate, Sealed

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/locked-roster.json").read_text())
EVENT = "7KQ2M9XF"
WEIGHT = 30_000
TOKENS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)


@pytest.fixture(autouse=True)
def _keyring() -> None:
    keys.load({"test": b"marmalade" * 4})


def plate(token: str, name: str, firm: str = "", also: tuple[str, ...] = ()) -> Plate:
    return Plate(token, name, firm, b"12345", also)


def token(number: int) -> str:
    return base64.b32encode(sha256(str(number).encode()).digest()[:16]).decode().rstrip("=").lower()


def opened(roster: Sealed, event: str, code: str) -> tuple[str, str, bytes] | None:
    """Open what a code opens, as docs/locked-roster.md says it, without the code that sealed it."""
    own, plates = locked_rosters.opening(code, event, roster.version), _plates(roster.plates)
    tries = [(own.key, sealed) for find, sealed in plates if find == own.find]
    ways = base64.b64decode(roster.ways)
    for at in range(0, len(ways), FIND_BYTES + KEY_BYTES + 2):
        find, masked = ways[at : at + FIND_BYTES], ways[at + FIND_BYTES : at + FIND_BYTES + KEY_BYTES]
        if find == own.find:
            number = int.from_bytes(ways[at + FIND_BYTES + KEY_BYTES :][:2])
            tries.append((bytes(a ^ b for a, b in zip(masked, own.key, strict=True)), plates[number][1]))
    for key, sealed in tries:
        body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        lock = Cipher(AES(key), GCM(NONCE, tag, min_tag_length=TAG_BYTES)).decryptor()
        try:
            text = lock.update(body) + lock.finalize()
        except InvalidTag:
            continue
        name, _line, firm = text[ID_BYTES:].decode().partition("\n")
        return name, firm, text[:ID_BYTES]
    return None


def _plates(packed: str) -> list[tuple[bytes, bytes]]:
    data, found = base64.b64decode(packed), []
    while data:
        length = int.from_bytes(data[FIND_BYTES : FIND_BYTES + 2])
        end = FIND_BYTES + 2 + length
        found.append((data[:FIND_BYTES], data[FIND_BYTES + 2 : end]))
        data = data[end:]
    return found


@pytest.mark.parametrize("case", VECTORS["openings"], ids=lambda case: case["token"])
def test_the_openings_are_those_of_the_vectors(case) -> None:
    made = locked_rosters.opening(case["token"], VECTORS["event"], VECTORS["version"])
    assert (made.find.hex(), made.key.hex()) == (case["find"], case["key"])


def test_the_sealed_bytes_are_those_of_the_vectors() -> None:
    plates = [
        Plate(given["token"], given["name"], given["firm"], bytes.fromhex(given["id"]), tuple(given["also"]))
        for given in VECTORS["plates_in_clear"]
    ]
    sealed = locked_rosters.seal(VECTORS["event"], plates, VECTORS["version"])
    assert (sealed.plates, sealed.ways) == (VECTORS["plates"], VECTORS["ways"])


@pytest.mark.parametrize("case", VECTORS["opens"], ids=lambda case: case["why"])
def test_the_vectors_open_as_they_say(case) -> None:
    """Q20, Q21."""
    roster = Sealed(VECTORS["version"], VECTORS["plates"], VECTORS["ways"])
    found = opened(roster, VECTORS["event"], case["token"].lower())
    wanted = case["plate"] and (case["plate"]["name"], case["plate"]["firm"])
    assert (found and found[:2]) == wanted


def test_a_code_opens_its_own_plate_and_no_other() -> None:
    plates = [plate(token(n), f"Name {n}", f"Firm {n}", (token(1000 + n),)) for n in range(40)]
    roster = locked_rosters.seal(EVENT, plates)
    for number in range(40):
        for code in (token(number), token(1000 + number)):
            assert opened(roster, EVENT, code) == (f"Name {number}", f"Firm {number}", b"12345")
    assert not any(opened(roster, EVENT, token(number)) for number in range(2000, 2100))


def test_a_code_opens_nothing_of_another_event_or_version() -> None:
    roster = locked_rosters.seal(EVENT, [plate(token(1), "Siân")])
    assert opened(roster, "0000AAAA", token(1)) is None
    assert opened(roster._replace(version="x"), EVENT, token(1)) is None


def test_a_plate_that_was_changed_on_the_way_opens_to_nobody() -> None:
    roster = locked_rosters.seal(EVENT, [plate(token(1), "Siân")])
    data = bytearray(base64.b64decode(roster.plates))
    data[-1] ^= 1
    assert opened(roster._replace(plates=base64.b64encode(data).decode()), EVENT, token(1)) is None


@given(st.lists(st.tuples(TOKENS, st.text(max_size=130), st.text(max_size=200)), max_size=8, unique_by=lambda p: p[0]))
def test_whatever_the_names_every_code_opens(people) -> None:
    plates = [plate(code, name, firm) for code, name, firm in people]
    roster = locked_rosters.seal(EVENT, plates)
    for one in plates:
        found = opened(roster, EVENT, one.token)
        assert found is not None
        whole = " ".join(one.name.split())
        assert found[0] == whole or (found[0].endswith("…") and whole.startswith(found[0][:-1]))


BEFORE = [plate(token(1), "Siân", "Griffiths & Co"), plate(token(2), "Ben", "", (token(3),))]


@pytest.mark.parametrize(
    "after",
    [
        [BEFORE[0]],
        [*BEFORE, plate(token(4), "Dev")],
        [BEFORE[0]._replace(token=token(5)), BEFORE[1]],
        [BEFORE[0]._replace(name="Sian"), BEFORE[1]],
        [BEFORE[0]._replace(firm=""), BEFORE[1]],
        [BEFORE[0], BEFORE[1]._replace(also=())],
        [BEFORE[0], BEFORE[1]._replace(also=(token(6),))],
    ],
    ids=["left", "joined", "card replaced", "renamed", "firm hidden", "badge withdrawn", "badge replaced"],
)
def test_every_change_makes_a_new_version_so_that_no_key_seals_two_texts(after) -> None:
    assert locked_rosters.version(EVENT, after) != locked_rosters.version(EVENT, BEFORE)
    assert locked_rosters.version("0000AAAA", BEFORE) != locked_rosters.version(EVENT, BEFORE)
    assert locked_rosters.version(EVENT, BEFORE[::-1]) == locked_rosters.version(EVENT, BEFORE)


def test_three_hundred_people_with_cards_badges_and_firms_weigh_less_than_thirty_kilobytes() -> None:
    names = [
        "Siân Griffiths",
        "Maximilian von Hohenzollern-Sigmaringen",
        "Nguyễn Thị Minh Khai",
        "Gareth Bevan",
        "נועה כהן",
    ]
    plates = [
        plate(token(n), names[n % len(names)], "Hargreaves, Featherstonehaugh & Partners LLP", (token(1000 + n),))
        for n in range(300)
    ]
    sent = json.dumps({"svc": "marmalade", "v": 1, "event": EVENT, **locked_rosters.seal(EVENT, plates)._asdict()})
    assert len(gzip.compress(sent.encode(), 1)) <= WEIGHT
