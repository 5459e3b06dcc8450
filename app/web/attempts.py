"""A request that PostgreSQL broke to end a deadlock is done again, so that nobody hears of it."""

from flask import Flask, g
from flask.typing import ResponseReturnValue

from app import database


class Patient(Flask):
    """Flask, with up to three attempts at a request: nothing of a refused one is kept, and its body was read whole."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Let the view answer; where the database refused, begin again at the first hook, with an empty `g`."""
        return database.retried(super().dispatch_request, self._from_the_start)

    def _from_the_start(self) -> ResponseReturnValue:
        for name in list(g):
            g.pop(name)
        answered = self.preprocess_request()
        return super().dispatch_request() if answered is None else answered
