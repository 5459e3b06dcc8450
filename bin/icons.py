"""Draw the icons for a Home Screen, from the mark and the signs that the pages show: .venv/bin/python bin/icons.py

They go to static/img/home, and a test finds them as this draws them. What is read of SVG is what those two files hold.
"""

import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from PIL import Image, ImageChops, ImageDraw

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "static/img"
FOLDER = IMAGES / "home"
PAPER, MARMALADE = "#FFF9F0", "#B54105"
CRUMB = "#F8B05C"  # the light part of the slice, which a drawing in one colour leaves open
FINE = 2048  # what is drawn is drawn this large, and made small
STEPS = 24  # straight pieces of a curve
CIRCLE = "M {0} {1} a {2} {2} 0 1 0 {3} 0 a {2} {2} 0 1 0 -{3} 0 z"
RECTANGLE = "M {0} {1} h {2} a {3} {3} 0 0 1 {3} {3} v {4} a {3} {3} 0 0 1 -{3} {3} h -{2} a {3} {3} 0 0 1 -{3} -{3} v -{4} a {3} {3} 0 0 1 {3} -{3} z"  # noqa: E501 - one rectangle
MASKABLE = 0.4  # what a launcher may not cut away: a circle of two fifths of the side (W3C, Web Application Manifest)

Point = tuple[float, float]
Line = list[Point]


class Shape(NamedTuple):
    """One element of a drawing: its lines, and the colour that fills them or how thick they are drawn."""

    lines: list[Line]
    fill: str
    width: float


def main() -> None:
    """Draw every icon into its file."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in drawn():
        picture.save(FOLDER / name, optimize=True)


def drawn() -> Iterator[tuple[str, Image.Image]]:
    """Yield each icon's name and its picture."""
    mark = _shapes(ET.parse(IMAGES / "mark.svg").getroot())  # noqa: S314 - our own drawing
    safe = MASKABLE / _reach(mark)
    for side in (192, 512):
        yield f"icon-{side}.png", _picture(side, mark, 0.7 / 64, corner=0.22)
        yield f"maskable-{side}.png", _picture(side, mark, safe)
        yield f"monochrome-{side}.png", _silhouette(side, mark, safe)
    yield "apple-touch-icon.png", _picture(180, mark, 0.7 / 64)
    signs = ET.parse(IMAGES / "icons.svg").getroot()  # noqa: S314 - as above
    for sign in signs:
        if sign.get("id") in {"scan", "card", "today"}:
            yield f"shortcut-{sign.get('id')}.png", _picture(96, _shapes(sign), 0.56 / 24, corner=0.5)


def _picture(side: int, shapes: list[Shape], scale: float, corner: float = 0) -> Image.Image:
    """Draw the shapes on paper, `scale` of the side for each of their units; corner 0.5 is a disc."""
    picture = Image.new("RGB", (FINE, FINE), PAPER)
    for shape in shapes:
        picture.paste(shape.fill, mask=_mask(shape, scale, _side(shapes)))
    if not corner:
        return picture.resize((side, side), Image.Resampling.BOX)
    ground = Image.new("L", (FINE, FINE))
    ImageDraw.Draw(ground).rounded_rectangle((0, 0, FINE - 1, FINE - 1), corner * FINE, 255)
    picture.putalpha(ground)
    return picture.resize((side, side), Image.Resampling.BOX)


def _silhouette(side: int, shapes: list[Shape], scale: float) -> Image.Image:
    """Draw the shapes in one colour on nothing: a system that wants a sign takes the alpha alone."""
    alpha = Image.new("L", (FINE, FINE))
    for shape in shapes:
        alpha.paste(0 if shape.fill == CRUMB else 255, mask=_mask(shape, scale, _side(shapes)))
    picture = Image.new("RGBA", (FINE, FINE), "#000000")
    picture.putalpha(alpha)
    return picture.resize((side, side), Image.Resampling.BOX)


def _mask(shape: Shape, scale: float, units: int) -> Image.Image:
    """Return what the shape covers of the whole; where two of its lines overlap, there is a hole."""
    covered = Image.new("L", (FINE, FINE))
    for line in shape.lines:
        points = [
            (0.5 * FINE + (x - units / 2) * scale * FINE, 0.5 * FINE + (y - units / 2) * scale * FINE) for x, y in line
        ]
        piece = Image.new("L", (FINE, FINE))
        brush = ImageDraw.Draw(piece)
        if shape.width:
            _draw(brush, points, shape.width * scale * FINE)
            covered = ImageChops.lighter(covered, piece)
        else:
            brush.polygon(points, 255)
            covered = ImageChops.difference(covered, piece)
    return covered


def _draw(brush: ImageDraw.ImageDraw, points: Line, width: float) -> None:
    """Draw a line with round ends and round corners."""
    for x, y in points:
        brush.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), 255)
    for start, end in itertools.pairwise(points):
        brush.line((start, end), 255, round(width))


def _side(shapes: list[Shape]) -> int:
    """Return the side of the grid a drawing stands on: signs are drawn with lines on 24, the mark is filled on 64."""
    return 24 if shapes[0].width else 64


def _reach(shapes: list[Shape]) -> float:
    """Return how far the drawing goes from the middle of its grid, in its own units."""
    middle = _side(shapes) / 2
    return max(math.dist(point, (middle, middle)) for shape in shapes for line in shape.lines for point in line)


def _shapes(drawing: ET.Element) -> list[Shape]:
    """Read the elements of a drawing: what has a fill is filled, the rest are lines in marmalade."""
    found = []
    for element in drawing:
        fill, width = element.get("fill", ""), float(element.get("stroke-width", "1.75"))
        if isinstance(element.tag, str):
            found.append(Shape([*_lines(_path(element))], fill or MARMALADE, 0 if fill else width))
    return found


def _path(element: ET.Element) -> str:
    """Return the element as a path."""
    number = {name: float(value) for name, value in element.attrib.items() if re.fullmatch(r"[\d.]+", value)}
    if element.tag.endswith("circle"):
        return CIRCLE.format(number["cx"] - number["r"], number["cy"], number["r"], 2 * number["r"])
    if element.tag.endswith("rect"):
        round_ = number["rx"]
        straight = number["width"] - 2 * round_, number["height"] - 2 * round_
        return RECTANGLE.format(number["x"] + round_, number["y"], straight[0], round_, straight[1])
    return element.attrib["d"]


def _lines(path: str) -> Iterator[Line]:
    """Walk along a path (SVG 1.1 §8.3), and yield each of its lines as points."""
    line: Line = []
    for letter, numbers in _commands(path):
        here = line[-1] if line else (0.0, 0.0)
        if letter in "zZ":
            line.append(line[0])
        elif letter in "mM":
            if line:
                yield line
            line = [_to(here, letter, numbers)]
        else:
            line += _walked(here, letter, numbers)
    yield line


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Yield each command with its own numbers; a letter that is left out is the one before."""
    taken = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "a": 7, "z": 0}
    for letter, rest in re.findall(r"([mlhvcazMLHVCAZ])([^mlhvcazMLHVCAZ]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d*\.\d+|\d+)", rest)]
        size, following = taken[letter.lower()], {"m": "l", "M": "L"}.get(letter, letter)
        yield letter, numbers[:size]
        for start in range(size, len(numbers), size or 1):
            yield following, numbers[start : start + size]


def _to(here: Point, letter: str, numbers: list[float]) -> Point:
    """Return where a command leads."""
    origin = here if letter.islower() else (0.0, 0.0)
    if letter in "hH":
        return origin[0] + numbers[0], here[1]
    if letter in "vV":
        return here[0], origin[1] + numbers[0]
    return origin[0] + numbers[-2], origin[1] + numbers[-1]


def _walked(here: Point, letter: str, numbers: list[float]) -> Line:
    end = _to(here, letter, numbers)
    if letter in "cC":
        first, second = (_to(here, letter, numbers[start : start + 2]) for start in (0, 2))
        return [_bent(step / STEPS, here, first, second, end) for step in range(1, STEPS + 1)]
    return _round(here, numbers, end) if letter in "aA" else [end]


def _bent(t: float, *points: Point) -> Point:
    """Return a point of a cubic curve."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
    return x, y


def _round(here: Point, numbers: list[float], end: Point) -> Line:
    """Walk along an arc of a circle (SVG 1.1 §F.6); no drawing of ours has any other ellipse."""
    large, sweep = bool(numbers[3]), bool(numbers[4])
    half = math.dist(here, end) / 2
    radius = max(numbers[0], half)
    middle = (here[0] + end[0]) / 2, (here[1] + end[1]) / 2
    away = math.sqrt(radius**2 - half**2) / (2 * half) * (1 if large != sweep else -1)
    centre = middle[0] - away * (end[1] - here[1]), middle[1] + away * (end[0] - here[0])
    first, last = (math.atan2(point[1] - centre[1], point[0] - centre[0]) for point in (here, end))
    turn = (last - first) % math.tau if sweep else -((first - last) % math.tau)
    angles = (first + turn * step / STEPS for step in range(1, STEPS + 1))
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


if __name__ == "__main__":
    main()
