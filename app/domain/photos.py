"""Photos: what may be sent as one's picture, and the plain square JPEG it becomes. Knows no card."""

import subprocess
import sys
import threading

from app.domain import darkroom
from app.domain.refusals import Unfit
from app.words import N_

MOST_BYTES = 12_000_000
MOST_AT_ONCE = 2
PATIENCE_SECONDS = 15

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class NotAPicture(Unfit):
    message = N_("We can't read that kind of file. Please choose a JPEG, PNG or WebP picture.")


class PictureTooHeavy(Unfit):
    status = 413
    message = N_("That file is over 12 MB. Please choose a smaller one.")


class PictureTooLarge(Unfit):
    message = N_("That picture has too many pixels for us. Please make it smaller, or take a screenshot of it.")


class PictureTooSmall(Unfit):
    message = N_("That picture is tiny. Please choose one of at least 64 × 64 pixels.")


class PictureBroken(Unfit):
    message = N_("That picture won't open; it may be damaged. Please choose another.")


_REFUSALS = {
    darkroom.UNKNOWN: NotAPicture,
    darkroom.TOO_LARGE: PictureTooLarge,
    darkroom.TOO_SMALL: PictureTooSmall,
}


def develop(data: bytes) -> bytes:
    """Return the middle square of a JPEG, PNG or WebP picture as a plain JPEG of at most 512 px a side.

    At most 12 MB; a JPEG up to 50 million pixels, the others up to 12 million. The decoding is done in a
    process of its own with little memory, 5 s of processor and no environment. Raises a refusal from above.
    """
    if len(data) > MOST_BYTES:
        raise PictureTooHeavy("photo")
    try:
        with _places:
            done = subprocess.run(  # noqa: S603 - our own interpreter and our own file; the picture is only its input
                [sys.executable, "-I", darkroom.__file__],
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE_SECONDS,
                env={},
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise PictureBroken("photo") from None
    if done.returncode != darkroom.OK or not done.stdout:
        raise _REFUSALS.get(done.returncode, PictureBroken)("photo")
    return done.stdout
