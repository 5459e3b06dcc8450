"""What the nouns say when they cannot do as asked. The doors turn each into a page; the words stand with the rule."""

import re
from typing import ClassVar

from app.words import N_


class Refusal(Exception):
    """A rule said no: `message` is a sentence on what to do next, `status` the HTTP status to match."""

    status: ClassVar[int] = 409
    message: ClassVar[str] = N_("That can't be done now.")

    def __init__(self, **words: object) -> None:
        super().__init__(self.message % words if words else self.message)
        self.words = words

    @property
    def reason(self) -> str:
        """Return the refusal's own name for scripts: `SentForAnother` is "sent_for_another"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class NotFound(Refusal):
    """There is no such thing, or it is none of the asker's business; both look alike."""

    status = 404
    message = N_("There's nothing here. The address may be old, or it may not be yours to see.")


class Unfit(Refusal):
    """Something typed cannot be taken. `field` names the form field, so that the page can say it there."""

    status = 422
    message = N_("Please look at this again.")

    def __init__(self, field: str = "", **words: object) -> None:
        super().__init__(**words)
        self.field = field
