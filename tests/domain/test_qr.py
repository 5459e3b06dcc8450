"""QR codes, read back by a decoder that shares no code with the writer."""

import re
import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from app.domain import qr

ADDRESS = "https://breakfast.example.org/c/k7q2mzx4n5v6b3c2a7s5d4f6g2"
MM_PER_INCH = 25.4


def drawn(svg: str, side: int) -> Image.Image:
    """Draw the strokes of one of our SVGs as a picture of so many pixels, from the numbers in it alone."""
    root = ET.fromstring(svg)
    width, height = (int(n) for n in root.attrib["viewBox"].split()[2:])
    assert width == height
    picture = Image.new("L", (width, width), 255)
    x = y = 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", root[2].attrib["d"]):
        if step == "h":
            picture.paste(0, (int(x), int(y), int(x) + int(first), int(y) + 1))
            x += int(first)
        else:
            x, y = float(first) + (x if step == "m" else 0), float(second) + (y if step == "m" else 0)
    return picture.resize((side, side), Image.Resampling.BICUBIC)


def decoded(picture: Image.Image) -> str:
    [found] = zxingcpp.read_barcodes(picture)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


@pytest.mark.parametrize("level", [qr.SCREEN, qr.PRINT])
def test_the_svg_decodes_to_exactly_the_address_at_200_px(level):
    assert decoded(drawn(qr.svg(ADDRESS, "Code", level), 200)) == ADDRESS


@pytest.mark.parametrize("level", [qr.SCREEN, qr.PRINT])
def test_the_png_decodes_to_exactly_the_address_printed_25_mm_wide_at_300_dpi(level):
    side = round(25 / MM_PER_INCH * 300)
    file = Image.open(BytesIO(qr.png(ADDRESS, level)))
    assert decoded(file.convert("L").resize((side, side), Image.Resampling.BICUBIC)) == ADDRESS


@pytest.mark.parametrize("level", [qr.SCREEN, qr.PRINT])
def test_the_mending_level_is_the_one_asked_for(level):
    [found] = zxingcpp.read_barcodes(Image.open(BytesIO(qr.png(ADDRESS, level))).convert("L"))
    assert found.ec_level == level


def test_the_code_holds_the_address_and_nothing_else():
    """R180."""
    [found] = zxingcpp.read_barcodes(drawn(qr.svg(ADDRESS, "Ada Byron's card"), 400))
    assert found.bytes == ADDRESS.encode()


def test_four_light_squares_stand_on_every_side_of_the_code():
    count = len(qr.squares(ADDRESS)) + 8
    picture = drawn(qr.svg(ADDRESS, "Code"), count)
    dark = [at for x in range(count) for y in range(count) for at in (x, y) if picture.getpixel((x, y)) == 0]
    assert (min(dark), max(dark)) == (4, count - 5)


def test_the_svg_has_no_size_of_its_own_and_a_name_that_cannot_break_out_of_it():
    """R70."""
    root = ET.fromstring(qr.svg(ADDRESS, '"><script>alert(1)</script>'))
    assert not {"width", "height", "style"} & root.attrib.keys()
    assert root.attrib["aria-label"] == root[0].text == '"><script>alert(1)</script>'
    assert root.attrib["shape-rendering"] == "crispEdges"
    assert len(root) == 3


def test_svg_and_png_show_the_same_squares():
    rows = qr.squares(ADDRESS)
    count = len(rows) + 8
    picture = drawn(qr.svg(ADDRESS, "Code"), count)
    small = Image.open(BytesIO(qr.png(ADDRESS, scale=1))).convert("L")
    assert picture.tobytes() == small.tobytes()


def test_an_address_is_drawn_once_and_kept():
    qr._outline.cache_clear()
    first, second = qr.svg(ADDRESS, "Ada"), qr.svg(ADDRESS, "Ben")
    assert first != second
    assert qr._outline.cache_info().hits == 1
