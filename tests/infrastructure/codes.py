"""Reads QR codes back: from a picture, or from the SVG that one of our pages holds, drawn at a size of choice."""

import re
import xml.etree.ElementTree as ET

import zxingcpp
from PIL import Image

STEP = re.compile(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?")


def drawn(svg: str, side: int) -> Image.Image:
    """Draw the strokes of an SVG of ours as a picture so many pixels wide, from the numbers in it alone."""
    root = ET.fromstring(svg)
    width = int(root.attrib["viewBox"].split()[2])
    picture = Image.new("L", (width, width), 255)
    x = y = 0.0
    for step, first, second in STEP.findall(root[2].attrib["d"]):
        if step == "h":
            picture.paste(0, (int(x), int(y), int(x) + int(first), int(y) + 1))
            x += int(first)
        else:
            x, y = float(first) + (x if step == "m" else 0), float(second) + (y if step == "m" else 0)
    return picture.resize((side, side), Image.Resampling.BICUBIC)


def read(picture: Image.Image) -> zxingcpp.Barcode:
    """Return the one code in a picture; it must be a QR code."""
    [found] = zxingcpp.read_barcodes(picture.convert("L"))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found


def on_page(page: str) -> str:
    """Return what the one QR code on a page says, at 200 px."""
    [svg] = re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL)
    return str(read(drawn(svg, 200)).text)
