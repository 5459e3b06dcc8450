"""Develops one picture in a small, short-lived process: bytes in, JPEG out. Imports nothing of the house.

Run by `photos` as a file: what a hostile picture does to the decoder, it does where there is nothing to have.
"""

import resource
import sys
import warnings
from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "PNG": 12_000_000, "WEBP": 12_000_000}
LEAST_SIDE = 64
SIDE = 512
QUALITY = 82
PAPER = (255, 249, 240)

MEMORY = 384 * 1024**2
CPU_SECONDS = 5

OK, UNKNOWN, TOO_LARGE, TOO_SMALL = 0, 10, 11, 12


class Unusable(Exception):
    """This picture cannot be developed; `reason` is one of the exit codes above."""

    def __init__(self, reason: int) -> None:
        self.reason = reason


def develop(data: bytes) -> bytes:
    """Return the middle square of a picture as a JPEG of at most 512 px a side, made from its pixels alone.

    Reads the header before any pixel. EXIF, GPS, XMP, ICC, comments and what follows the picture go; its
    orientation is kept. Raises Unusable; a damaged file raises whatever the decoder thinks of it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's own, milder size limit and of oddities in files
            image = Image.open(BytesIO(data), formats=FORMATS)
            _measure(image)
            image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded at an eighth, a quarter or half its size
            return _jpeg(_square(image))
    except UnidentifiedImageError:
        raise Unusable(UNKNOWN) from None
    except Image.DecompressionBombError:
        raise Unusable(TOO_LARGE) from None


def _measure(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS[str(image.format)]:
        raise Unusable(TOO_LARGE)
    if min(image.size) < LEAST_SIDE:
        raise Unusable(TOO_SMALL)


def _square(image: Image.Image) -> Image.Image:
    # The middle square is the same whichever way up the picture is, so it is cut first and turned when small.
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    image.close()
    if square.mode not in ("RGB", "L"):
        square = _flat(square)
    small = square.resize((min(side, SIDE),) * 2, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return ImageOps.exif_transpose(small)


def _flat(image: Image.Image) -> Image.Image:
    if image.mode in ("CMYK", "I", "F") or image.mode.startswith("I;"):
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGB", clear.size, PAPER)
    paper.paste(clear, mask=clear.getchannel("A"))
    return paper


def _jpeg(image: Image.Image) -> bytes:
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    file = BytesIO()
    bare.save(file, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return file.getvalue()


def main() -> int:
    """Turn the picture on standard input into a JPEG on standard output; return an exit code from above."""
    _hold(resource.RLIMIT_AS, MEMORY)
    _hold(resource.RLIMIT_CPU, CPU_SECONDS)
    _hold(resource.RLIMIT_CORE, 0)
    try:
        sys.stdout.buffer.write(develop(sys.stdin.buffer.read()))
    except Unusable as unusable:
        return unusable.reason
    return OK


def _hold(kind: int, most: int) -> None:
    with suppress(ValueError, OSError):  # macOS knows the limit on memory but does not let it be set
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(main())
