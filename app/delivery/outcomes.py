"""How handing something over can fail, whatever the channel: whether it was taken, and whether a later try can help."""

from datetime import timedelta


class Undeliverable(Exception):
    """It was not taken. `permanent`: no later try can help. `down`: the way itself is broken.

    `wait`: how long the other side asks to be left alone.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        code: int | None = None,
        down: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.code, self.down, self.wait = reason, permanent, code, down, wait


class Uncertain(Exception):
    """It was on its way and no answer came: it may have arrived, or not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
