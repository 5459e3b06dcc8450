"""Portraits: somebody drawn with three shapes, for cards that have a picture."""

from io import BytesIO

from PIL import Image, ImageDraw

SIDE = 256
PAPER, SKIN = "#FBEFDD", "#C98F62"


def draw(coat: str) -> bytes:
    """Return a JPEG, 256 px a side, of somebody in a coat of this colour."""
    picture = Image.new("RGB", (SIDE, SIDE), PAPER)
    brush = ImageDraw.Draw(picture)
    brush.ellipse((38, 168, 218, 330), fill=coat)
    brush.ellipse((80, 44, 176, 150), fill="#2A1D12")
    brush.ellipse((86, 62, 170, 176), fill=SKIN)
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=85)
    return jpeg.getvalue()
