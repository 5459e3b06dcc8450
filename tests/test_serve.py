"""One command opens the house, and however it ends, nothing of it is left running."""

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.infrastructure import houses
from tests.infrastructure.houses import House
from tests.infrastructure.networking import free_port

pytestmark = [
    pytest.mark.xdist_group("serve"),
    pytest.mark.skipif(sys.platform != "linux", reason="Who belongs to a house is read from Linux's /proc."),
]


def contents(folder: Path) -> dict[str, bytes]:
    """Return what a start must not change. The worker's heart beats in the database, so that is looked at below."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if ".sqlite3" not in file.name}


def test_a_first_start_makes_the_folder_and_says_where_it_is(instance: Path) -> None:
    with houses.opened(instance, port := free_port()) as house:
        answer = house.get("/healthz")
        assert answer.status == 200
        assert answer.headers.get_content_type() == "application/json"
        assert json.load(answer)["status"] == "ok"
        assert json.load(house.get("/readyz"))["status"] == "ready"
    assert f":{port}" in house.said
    assert "flask organiser" in house.said
    assert "For trying at home" in house.said


def test_a_request_with_two_lengths_is_refused(instance: Path) -> None:
    """A99."""
    body = b"0\r\n\r\n"
    with houses.opened(instance, port := free_port()), socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body) + 40, body)
        )
        answered = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answered.startswith(b"HTTP/1.1 400"), answered[:200]


def test_nobody_else_on_the_machine_may_read_the_instance_folder(instance: Path) -> None:
    with houses.opened(instance, free_port()) as house:
        house.get("/")
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in instance.rglob("*") if file.is_file()}
    assert oct(instance.stat().st_mode & 0o777) == "0o700"
    assert modes
    assert set(modes.values()) == {"0o600"}, modes


def test_a_second_start_changes_nothing(instance: Path) -> None:
    with houses.opened(instance, free_port()):
        pass
    before = contents(instance)
    with houses.opened(instance, free_port()):
        pass
    assert contents(instance) == before
    assert "keys.json" in before


def test_two_houses_live_side_by_side(tmp_path: Path) -> None:
    with houses.opened(tmp_path / "one", free_port()) as one, houses.opened(tmp_path / "two", free_port()) as two:
        assert one.get("/healthz").status == two.get("/healthz").status == 200
        one.process.send_signal(signal.SIGINT)
        assert one.emptied()
        assert two.get("/healthz").status == 200
    keys = [(tmp_path / name / "keys.json").read_bytes() for name in ("one", "two")]
    assert keys[0] != keys[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_asks_it_to_stop_is_obeyed_and_nothing_is_left(instance: Path, number: signal.Signals) -> None:
    with houses.opened(instance, free_port()) as house:
        assert len(house.processes()) >= 4, "the command, the web with its processes, the worker"
        os.killpg(house.process.pid, number)  # as a terminal does
        assert house.process.wait(houses.PATIENCE_S) == 0
        assert house.emptied()


def killed(house: House, *parts: str) -> None:
    (victim,) = (pid for pid, command in house.processes().items() if all(part in command for part in parts))
    os.kill(victim, signal.SIGKILL)


@pytest.mark.parametrize("command", [houses.FLASK, houses.MAKE], ids=["flask", "make"])
def test_killing_the_command_leaves_no_orphan(instance: Path, command: Sequence[str]) -> None:
    with houses.opened(instance, free_port(), command) as house:
        house.process.kill()
        assert house.emptied(), house.processes()


def test_killing_the_web_server_closes_the_house_and_leaves_no_orphan(instance: Path) -> None:
    with houses.opened(instance, free_port()) as house:
        web = min(pid for pid, command in house.processes().items() if "granian" in command)
        os.kill(web, signal.SIGKILL)
        assert house.process.wait(houses.PATIENCE_S) == 1
        assert house.emptied(), house.processes()


def test_killing_the_worker_closes_the_house_and_leaves_no_orphan(instance: Path) -> None:
    with houses.opened(instance, free_port()) as house:
        killed(house, " worker")
        assert house.process.wait(houses.PATIENCE_S) == 1
        assert house.emptied(), house.processes()


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with houses.opened(tmp_path / "one", port := free_port()) as first:
        second, _mark = houses.start(tmp_path / "two", port)
        said, _nothing = second.communicate(timeout=houses.PATIENCE_S)
        assert first.get("/healthz").status == 200
    assert second.returncode == 1
    assert f"Port {port} is taken" in said
    assert "Traceback" not in said


def test_a_bad_setting_stops_the_start_in_a_sentence(instance: Path) -> None:
    process, _mark = houses.start(instance, free_port(), GROUPS="everyone")
    said, _nothing = process.communicate(timeout=houses.PATIENCE_S)
    assert process.returncode != 0
    assert "GROUPS is “everyone”" in said
    assert "Traceback" not in said


def test_the_web_can_be_opened_alone(instance: Path) -> None:
    web = (*houses.FLASK[:-1], "web")
    process, mark = houses.start(instance, port := free_port(), web)
    house = House(process, "", port, mark)
    try:
        assert json.load(house.answering("/readyz"))["worker_age_seconds"] is None
        assert not [command for command in house.processes().values() if " worker" in command]
        process.terminate()
        assert house.emptied()
    finally:
        house.end()
