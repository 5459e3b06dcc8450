"""Threads: several that do something at the same moment, each with a unit of work of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from app import database


def at_once(app: Flask, works: list[Callable[[], Any]]) -> list[Any]:
    """Do all of this at the same moment, each in a thread and a unit of work of its own."""
    ready = Barrier(len(works))

    def do(work: Callable[[], Any]) -> Any:
        with app.app_context():
            ready.wait(10)
            database.begin_write()
            result = work()
            database.session.commit()
            return result

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(do, works))
