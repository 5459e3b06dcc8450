"""An address as a QR code: its squares, and these as SVG and PNG. Knows no card and no event, only text."""

from functools import lru_cache
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Literal

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode

Level = Literal["M", "Q"]

SCREEN: Level = "M"
PRINT: Level = "Q"
QUIET_ZONE = 4
A_MASK = 3  # for codes by the hundred: comparing all eight masks takes ten times as long as drawing with one
_CORRECTION = {SCREEN: ERROR_CORRECT_M, PRINT: ERROR_CORRECT_Q}


def squares(text: str, level: Level = SCREEN, mask: int | None = None) -> list[list[bool]]:
    """Return the rows of the code, True for dark, without the quiet zone, as few as hold the text.

    M mends 15 % of a damaged code and Q 25 % (ISO/IEC 18004): M is for screens, Q for paper. Without a mask, the
    one that cameras read most easily is sought (§7.8.3); they read each of the eight.
    """
    code = QRCode(error_correction=_CORRECTION[level], border=0, mask_pattern=mask)
    code.add_data(text, optimize=0)
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


def svg(text: str, title: str, level: Level = SCREEN, mask: int | None = None) -> str:
    """Return the code as an SVG picture on white, quiet zone included, as large as its place allows."""
    side, dark = _outline(text, level, mask)
    name = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" aria-label="{name}" '
        f'shape-rendering="crispEdges"><title>{name}</title>'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path stroke="#000" d="{dark}"/></svg>'
    )


def outline(text: str, level: Level = SCREEN) -> tuple[int, str]:
    """Return how many squares wide the code is, quiet zone included, and its dark squares as strokes of an SVG path."""
    return _outline(text, level, None)


def png(text: str, level: Level = SCREEN, scale: int = 24, dpi: int = 300) -> bytes:
    """Return the code as a black and white PNG, quiet zone included, `scale` pixels to a square."""
    rows = squares(text, level)
    count = len(rows)
    dots = bytes(0 if dark else 255 for row in rows for dark in row)
    picture = Image.new("L", (count + 2 * QUIET_ZONE,) * 2, 255)
    picture.paste(Image.frombytes("L", (count, count), dots), (QUIET_ZONE, QUIET_ZONE))
    large = picture.resize((picture.width * scale,) * 2, Image.Resampling.NEAREST).convert("1")
    file = BytesIO()
    large.save(file, "PNG", optimize=True, dpi=(dpi, dpi))
    return file.getvalue()


@lru_cache(maxsize=1024)
def _outline(text: str, level: Level, mask: int | None) -> tuple[int, str]:
    # One code costs as much as ten scans, and a card's never changes. Runs are strokes one square high, drawn
    # with relative moves: half the bytes of a rectangle a square.
    rows = squares(text, level, mask)
    x, y, steps = 0, 0, [f"M{QUIET_ZONE} {QUIET_ZONE}.5"]
    for line, row in enumerate(rows):
        column = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                steps.append(f"{_move(column - x, line - y)}h{length}")
                x, y = column + length, line
            column += length
    return len(rows) + 2 * QUIET_ZONE, "".join(steps)


def _move(right: int, down: int) -> str:
    return f"m{right} {down}" if right or down else ""
