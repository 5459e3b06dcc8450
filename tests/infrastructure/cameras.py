"""A camera that sees what a test holds before it: Chromium takes a file of pictures for one and shows them in turn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from app.domain import qr
from tests.infrastructure import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZE = (1280, 720)
WALL = 118  # grey, as a room at seven is
SIDE = 360


class Camera:
    """What stands in front of every camera of one browser; it is looked at anew whenever a camera starts."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.show()

    def show(self, *texts: str, turned: bool = False) -> None:
        """Hold one code after another before it, each for a second and a half; nothing but a wall, if none is given."""
        seen = [frame(text, turned=turned) for text in texts] or [wall()]
        self.play([picture for picture in seen for _ in range(15)])

    def play(self, pictures: Sequence[Image.Image]) -> None:
        """Show these pictures, ten a second."""
        motion = BytesIO()
        for picture in pictures:
            picture.convert("RGB").save(motion, "JPEG", quality=90)
        # A camera that runs has the file mapped: cut short under it, it would take all cameras of the browser along.
        made = self.file.with_suffix(".new")
        made.write_bytes(motion.getvalue())
        made.replace(self.file)


def wall() -> Image.Image:
    """Return a picture of nothing in particular."""
    return Image.new("L", SIZE, WALL)


def frame(*texts: str, side: int = SIDE, turned: bool = False) -> Image.Image:
    """Return a picture of one code in the middle, others to the right of it, on their white tiles."""
    picture = wall()
    for place, text in enumerate(texts):
        tile = Image.open(BytesIO(qr.png(text, scale=8))).convert("L").resize((side, side), Image.Resampling.BICUBIC)
        tile = tile.point(lambda light: 255 - light) if turned else tile
        picture.paste(tile, ((SIZE[0] - side) // 2 + place * (side + 20), (SIZE[1] - side) // 2))
    return picture


@contextmanager
def browser(file: Path, trusted: str = "", *more: str) -> Iterator[tuple["Browser", Camera]]:
    """Start a browser whose only camera shows what the file holds; whether a page may use it, a test decides."""
    camera = Camera(file)
    fake = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={file}")
    with chromium.launch(trusted, *fake, *more) as started:
        yield started, camera
