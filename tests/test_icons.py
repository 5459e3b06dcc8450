"""The icons of a Home Screen: drawn from the mark, whole in whatever shape a phone cuts them to."""

import math
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "static/img/home"
PAPER = (255, 249, 240)


def icons():
    spec = spec_from_file_location("icons", ROOT / "bin/icons.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kept(name: str) -> Image.Image:
    return Image.open(FOLDER / name)


def test_they_are_what_the_script_draws_of_the_mark() -> None:
    drawn = dict(icons().drawn())
    assert {path.name for path in FOLDER.iterdir()} == set(drawn)
    for name, picture in drawn.items():
        with kept(name) as file:
            assert (file.mode, file.size) == (picture.mode, picture.size), name
            assert file.tobytes() == picture.tobytes(), f"{name}: .venv/bin/python bin/icons.py"


@pytest.mark.parametrize("side", [192, 512])
def test_a_maskable_one_fills_its_square_and_keeps_the_mark_in_the_circle_nobody_cuts(side: int) -> None:
    with kept(f"maskable-{side}.png") as icon:
        assert (icon.mode, icon.size) == ("RGB", (side, side))
        drawn = [(x, y) for y in range(side) for x in range(side) if icon.getpixel((x, y)) != PAPER]
    reach = max(math.dist((x + 0.5, y + 0.5), (side / 2, side / 2)) for x, y in drawn)
    assert 0.37 * side < reach <= 0.4 * side + 1


@pytest.mark.parametrize("side", [192, 512])
def test_a_plain_one_has_round_corners_and_a_monochrome_one_a_shape_and_no_colour(side: int) -> None:
    with kept(f"icon-{side}.png") as icon, kept(f"monochrome-{side}.png") as sign:
        assert icon.size == sign.size == (side, side)
        assert [icon.getpixel(at)[3] for at in ((0, 0), (side // 2, side // 2))] == [0, 255]
        assert {pixel[:3] for _count, pixel in sign.getcolors(side * side)} == {(0, 0, 0)}
        assert 0.05 < sum(sign.getchannel("A").get_flattened_data()) / 255 / side**2 < 0.3


def test_the_one_for_an_iphone_has_no_hole() -> None:
    with kept("apple-touch-icon.png") as icon:
        assert (icon.mode, icon.size) == ("RGB", (180, 180))
