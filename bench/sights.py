"""What a phone's camera sees of a card: made here, frame after frame, as the middle square of a picture 1280 px wide.

Distances and sizes are millimetres, the lens takes in 65° across, as the main camera of most phones does. Light goes
from 0 to 255. Everything that chance decides is decided by the seed.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from app.domain import qr

SIDE, FRAMES, ACROSS, VIEW_DEGREES = 720, 30, 1280, 65
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
ADDRESS = "https://marmalade.example/c/"
ON_SCREEN_MM, ON_PAPER_MM = 60, 25
Point = tuple[float, float]


@dataclass(frozen=True)
class Cell:
    """One way of holding a card before a camera; `spoil` is what the light and the hand do to each frame."""

    name: str
    distance: float
    wide: float
    level: qr.Level
    tilt: float
    spoil: Callable[[Image.Image, random.Random, float, Point], Image.Image]


def sequence(cell: Cell, seed: int) -> tuple[str, Iterator[bytes]]:
    """Return a card's address, and three seconds of it as this camera sees it: 30 frames of 720 × 720 bytes."""
    chance = random.Random(f"{cell.name} {seed}")
    address = ADDRESS + "".join(chance.choices(BASE32, k=26))
    return address, _frames(cell, address, chance)


def _frames(cell: Cell, address: str, chance: random.Random) -> Iterator[bytes]:
    tile = Image.open(BytesIO(qr.png(address, cell.level, scale=12))).convert("L")
    scene = _scene(tile.size[0])
    scene.paste(tile, (tile.size[0] // 2, tile.size[0] // 2))
    distance = cell.distance * chance.uniform(0.9, 1.1)
    pixels = cell.wide * ACROSS / (2 * distance * math.tan(math.radians(VIEW_DEGREES / 2)))
    turn, lean, way = chance.uniform(-15, 15), cell.tilt * chance.uniform(0.8, 1.2), chance.uniform(0, 360)
    where = (chance.uniform(-0.12, 0.12) * SIDE, chance.uniform(-0.12, 0.12) * SIDE)
    drift = (chance.uniform(-3, 3), chance.uniform(-3, 3))
    for frame in range(FRAMES):
        swing = 3 * math.sin(frame / 6)
        x, y = (SIDE / 2 + a + b * swing + chance.gauss(0, 1.5) for a, b in zip(where, drift, strict=True))
        corners = _corners(pixels, turn + chance.gauss(0, 0.4), lean, way, (x, y))
        yield cell.spoil(_put(scene, tile.size[0], corners), chance, frame / FRAMES, (x, y)).tobytes()


def _scene(side: int) -> Image.Image:
    """Return a table with a phone on it, twice as wide as the code, and room for the code in its middle."""
    scene = Image.new("L", (2 * side, 2 * side), 96)
    pen = ImageDraw.Draw(scene)
    for stripe in range(0, 2 * side, side // 7):
        pen.line((stripe, 0, stripe + side // 2, 2 * side), fill=104 if stripe % 2 else 84, width=side // 30)
    pen.rounded_rectangle((side * 0.42, side * 0.2, side * 1.58, side * 1.9), side // 10, fill=24)
    pen.rectangle((side * 0.46, side * 0.3, side * 1.54, side * 1.8), fill=246)
    return scene


def _corners(pixels: float, turn: float, lean: float, way: float, middle: Point) -> list[Point]:
    """Return where the four corners of the code come to lie: turned in its plane, then leaned back about an axis."""
    spin, back, axis = (math.radians(angle) for angle in (turn, lean, way))
    far = 6 * pixels  # from so far away a side that leans back looks shorter
    found = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        across, down = x * pixels / 2, y * pixels / 2
        across, down = across * math.cos(spin) - down * math.sin(spin), across * math.sin(spin) + down * math.cos(spin)
        along = across * math.cos(axis) + down * math.sin(axis)
        off = -across * math.sin(axis) + down * math.cos(axis)
        depth, off = off * math.sin(back), off * math.cos(back)
        nearness = far / (far + depth)
        across, down = along * math.cos(axis) - off * math.sin(axis), along * math.sin(axis) + off * math.cos(axis)
        found.append((middle[0] + across * nearness, middle[1] + down * nearness))
    return found


def _put(scene: Image.Image, side: int, corners: Sequence[Point]) -> Image.Image:
    own = [(side / 2, side / 2), (1.5 * side, side / 2), (1.5 * side, 1.5 * side), (side / 2, 1.5 * side)]
    # Twice as fine, then made smaller: what a lens does between two pixels, a transformation by itself doesn't.
    fine = [(2 * x, 2 * y) for x, y in corners]
    shrunk = scene.filter(ImageFilter.BoxBlur(max(0.0, side / math.dist(fine[0], fine[1]) / 2 - 0.5)))
    wide, mapping = (2 * SIDE, 2 * SIDE), _mapping(fine, own)
    seen = shrunk.transform(wide, Image.Transform.PERSPECTIVE, mapping, Image.Resampling.BILINEAR, fillcolor=70)
    return seen.resize((SIDE, SIDE), Image.Resampling.BOX)


def _mapping(seen: Sequence[Point], own: Sequence[Point]) -> list[float]:
    """Return the eight numbers that lead from four points to four others in perspective (Heckbert 1989, §2.2)."""
    rows = []
    for (x, y), (u, v) in zip(seen, own, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]]
    for place in range(8):
        best = max(range(place, 8), key=lambda row: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        rows[place] = [number / rows[place][place] for number in rows[place]]
        for row in {*range(8)} - {place}:
            times = rows[row][place]
            rows[row] = [one - times * other for one, other in zip(rows[row], rows[place], strict=True)]
    return [row[8] for row in rows]


# What the light and the hand do


def _grain(seen: Image.Image, chance: random.Random, sigma: int) -> Image.Image:
    moved = ImageChops.offset(_noise(sigma), chance.randrange(SIDE), chance.randrange(SIDE))
    return ImageChops.add(seen, moved, 1, -128)


@cache
def _noise(sigma: int) -> Image.Image:
    """Return noise about 128 of this deviation: four throws of a die with 256 sides are almost normal."""
    chance, mean = random.Random(sigma), Image.new("L", (SIDE, SIDE))
    for count in range(1, 5):
        thrown = Image.frombytes("L", (SIDE, SIDE), chance.randbytes(SIDE * SIDE))
        mean = Image.blend(mean, thrown, 1 / count)
    return mean.point(lambda light: 128 + (light - 127.5) * sigma / 36.9)


def plain(seen: Image.Image, chance: random.Random, _when: float, _where: Point) -> Image.Image:
    """A lit room, a steady hand, in focus."""
    return _grain(seen.filter(ImageFilter.GaussianBlur(0.6)), chance, 4)


def blurred(seen: Image.Image, chance: random.Random, when: float, _where: Point) -> Image.Image:
    """A moving hand, and a lens that hunts for the distance and never quite finds it."""
    length, angle = chance.uniform(2, 7), chance.uniform(0, math.pi)
    mean = seen
    for count in range(2, 8):
        way = length * ((count - 1) / 6 - 0.5)
        shift = (1, 0, math.cos(angle) * way, 0, 1, math.sin(angle) * way)
        moved = seen.transform(seen.size, Image.Transform.AFFINE, shift, Image.Resampling.BILINEAR)
        mean = Image.blend(mean, moved, 1 / count)
    focus = 1.0 + 0.9 * abs(math.sin(when * 9 + length))
    return _grain(mean.filter(ImageFilter.GaussianBlur(focus)), chance, 5)


def dim(seen: Image.Image, chance: random.Random, _when: float, _where: Point) -> Image.Image:
    """A corner of the room without a lamp: little light, little difference, much grain."""
    dark = ImageEnhance.Brightness(seen.filter(ImageFilter.GaussianBlur(0.8))).enhance(0.2)
    return _grain(dark.point(lambda light: light + 10), chance, 9)


def glaring(seen: Image.Image, chance: random.Random, when: float, where: Point) -> Image.Image:
    """A lamp above, mirrored in the glass: a spot that wanders over the code and blinds, a veil over all of it."""
    light = Image.new("L", seen.size, 0)
    angle, away = when * 4 + chance.uniform(-0.1, 0.1), SIDE * 0.12
    x, y = where[0] + math.cos(angle) * away, where[1] + math.sin(angle) * away
    ImageDraw.Draw(light).ellipse((x - 42, y - 26, x + 42, y + 26), fill=255)
    light = light.filter(ImageFilter.GaussianBlur(14))
    veil = Image.linear_gradient("L").resize(seen.size).point(lambda one: one // 3)
    return _grain(ImageChops.add(ImageChops.add(seen, light), veil).filter(ImageFilter.GaussianBlur(0.6)), chance, 4)


CELLS = (
    Cell("arm's length", 420, ON_SCREEN_MM, qr.SCREEN, 6, plain),
    Cell("far: 70 cm", 700, ON_SCREEN_MM, qr.SCREEN, 6, plain),
    Cell("blur", 420, ON_SCREEN_MM, qr.SCREEN, 6, blurred),
    Cell("dim", 420, ON_SCREEN_MM, qr.SCREEN, 6, dim),
    Cell("glare", 350, ON_SCREEN_MM, qr.SCREEN, 6, glaring),
    Cell("25 mm print, 35°", 190, ON_PAPER_MM, qr.PRINT, 35, plain),
)
