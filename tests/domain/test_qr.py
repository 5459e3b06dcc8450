"""QR codes, read back by a decoder that shares no code with the writer."""

import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
from PIL import Image

from app.domain import qr
from tests.infrastructure import codes

ADDRESS = "https://breakfast.example.org/c/k7q2mzx4n5v6b3c2a7s5d4f6g2"
MM_PER_INCH = 25.4


@pytest.mark.parametrize("level", [qr.SCREEN, qr.PRINT])
def test_the_svg_decodes_to_exactly_the_address_at_200_px(level):
    assert codes.read(codes.drawn(qr.svg(ADDRESS, "Code", level), 200)).text == ADDRESS


@pytest.mark.parametrize("level", [qr.SCREEN, qr.PRINT])
def test_the_png_decodes_to_exactly_the_address_printed_25_mm_wide_at_300_dpi(level):
    side = round(25 / MM_PER_INCH * 300)
    file = Image.open(BytesIO(qr.png(ADDRESS, level)))
    assert codes.read(file.convert("L").resize((side, side), Image.Resampling.BICUBIC)).text == ADDRESS


@pytest.mark.parametrize("level", [qr.SCREEN, qr.PRINT])
def test_the_mending_level_is_the_one_asked_for(level):
    assert codes.read(Image.open(BytesIO(qr.png(ADDRESS, level)))).ec_level == level


def test_the_code_holds_the_address_and_nothing_else():
    """D17, P180."""
    assert codes.read(codes.drawn(qr.svg(ADDRESS, "Ada Byron's card"), 400)).bytes == ADDRESS.encode()


def test_four_light_squares_stand_on_every_side_of_the_code():
    count = len(qr.squares(ADDRESS)) + 8
    picture = codes.drawn(qr.svg(ADDRESS, "Code"), count)
    dark = [at for x in range(count) for y in range(count) for at in (x, y) if picture.getpixel((x, y)) == 0]
    assert (min(dark), max(dark)) == (4, count - 5)


def test_the_svg_has_no_size_of_its_own_and_a_name_that_cannot_break_out_of_it():
    """A70."""
    root = ET.fromstring(qr.svg(ADDRESS, '"><script>alert(1)</script>'))
    assert not {"width", "height", "style"} & root.attrib.keys()
    assert root.attrib["aria-label"] == root[0].text == '"><script>alert(1)</script>'
    assert root.attrib["shape-rendering"] == "crispEdges"
    assert len(root) == 3


def test_svg_and_png_show_the_same_squares():
    rows = qr.squares(ADDRESS)
    count = len(rows) + 8
    picture = codes.drawn(qr.svg(ADDRESS, "Code"), count)
    small = Image.open(BytesIO(qr.png(ADDRESS, scale=1))).convert("L")
    assert picture.tobytes() == small.tobytes()


def test_an_address_is_drawn_once_and_kept():
    qr._outline.cache_clear()
    first, second = qr.svg(ADDRESS, "Ada"), qr.svg(ADDRESS, "Ben")
    assert first != second
    assert qr._outline.cache_info().hits == 1
