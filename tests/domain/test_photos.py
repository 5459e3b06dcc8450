"""Photos: what is refused and with which sentence, and that nothing but pixels comes out."""

import subprocess
import sys
import time
import zipfile
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from app.domain import darkroom, photos

CANARY = b"canary-7f3a"
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 40), (30, 40, 190), (250, 250, 250)


def quarters(width: int = 400, height: int = 400) -> Image.Image:
    """Return a picture whose four quarters differ: red, green over blue, white."""
    picture = Image.new("RGB", (width, height), WHITE)
    for colour, at in ((RED, (0, 0)), (GREEN, (width // 2, 0)), (BLUE, (0, height // 2))):
        picture.paste(colour, (*at, at[0] + width // 2, at[1] + height // 2))
    return picture


def saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    picture = Image.open(BytesIO(jpeg))
    picture.load()
    return picture


def corners(picture: Image.Image) -> list[str]:
    """Name the colours at a quarter and three quarters of the way, row by row."""
    named = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE}
    at = (picture.width // 4, picture.width * 3 // 4)
    seen = [picture.getpixel((x, y)) for y in at for x in at]
    return [min(named, key=lambda n: sum(abs(a - b) for a, b in zip(named[n], dot, strict=True))) for dot in seen]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_its_middle_square_of_512_px(kind):
    wide = Image.new("RGB", (1600, 900), (0, 0, 0))
    wide.paste(quarters(900, 900), (350, 0))
    picture = opened(photos.develop(saved(wide, kind)))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (512, 512))
    assert corners(picture) == ["red", "green", "blue", "white"]
    assert picture.getpixel((3, 3))[0] > 150


def test_a_small_picture_is_not_blown_up():
    assert opened(darkroom.develop(saved(quarters(120, 90), "PNG"))).size == (90, 90)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_every_kind_of_pixel_becomes_plain_colour(mode):
    assert opened(darkroom.develop(saved(quarters().convert("L").convert(mode), "PNG"))).mode == "RGB"


def test_a_printers_jpeg_becomes_plain_colour():
    picture = opened(darkroom.develop(saved(quarters().convert("CMYK"), "JPEG")))
    assert (picture.mode, corners(picture)) == ("RGB", ["red", "green", "blue", "white"])


def test_what_is_see_through_shows_paper():
    picture = opened(darkroom.develop(saved(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG")))
    assert all(abs(a - b) < 6 for a, b in zip(picture.getpixel((100, 100)), darkroom.PAPER, strict=True))


@pytest.mark.parametrize(
    "drawing",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_a_drawing_in_svg_is_refused(drawing):
    """A81."""
    with pytest.raises(photos.NotAPicture, match="JPEG, PNG or WebP"):
        photos.develop(drawing)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "PDF"])
def test_other_kinds_of_file_are_refused_whatever_they_are_called(kind):
    """A103."""
    with pytest.raises(darkroom.Unusable) as refused:
        darkroom.develop(saved(quarters(), kind))
    assert refused.value.reason == darkroom.UNKNOWN


def zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.txt", CANARY)
    return file.getvalue()


@pytest.mark.parametrize("tail", [b"<script>" + CANARY, b"%PDF-1.4 " + CANARY, zipped(), b"GIF89a" + CANARY])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_follows_a_picture_is_gone(kind, tail):
    """A103."""
    jpeg = darkroom.develop(saved(quarters(), kind) + tail)
    assert CANARY not in jpeg
    assert tail[:8] not in jpeg
    assert jpeg.endswith(b"\xff\xd9")


@pytest.mark.parametrize("head", [b"GIF89a", b"%PDF-1.7\n", b"<html>", b"PK\x03\x04", b"BM", b""])
def test_what_only_holds_a_picture_is_refused(head):
    """A103."""
    with pytest.raises(photos.NotAPicture):
        photos.develop(head + b"\n" + saved(quarters(), "JPEG"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_short_is_refused(kind):
    """A103."""
    whole = saved(Image.effect_noise((300, 300), 90).convert("RGB"), kind)
    with pytest.raises(photos.PictureBroken, match="damaged"):
        photos.develop(whole[: len(whole) // 2])


def test_a_bomb_is_refused_by_its_header_in_little_memory_and_time():
    """A104."""
    bomb = saved(Image.new("1", (9000, 9000)), "PNG")
    assert len(bomb) < 10_000
    measure = (
        "import runpy, sys; room = runpy.run_path(sys.argv[1])\n"
        "most = lambda: int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
        "data, before = sys.stdin.buffer.read(), most()\n"
        "try: room['develop'](data)\n"
        "except room['Unusable'] as refused: print(refused.reason, most() - before)\n"
    )
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", measure, darkroom.__file__], input=bomb, stdout=subprocess.PIPE, check=True
    )
    reason, kibibytes = map(int, ran.stdout.split())
    assert reason == darkroom.TOO_LARGE
    assert kibibytes <= 64 * 1024
    assert time.monotonic() - began <= 2
    with pytest.raises(photos.PictureTooLarge):
        photos.develop(bomb)


@pytest.mark.parametrize(
    ("kind", "within", "beyond"),
    [
        ("JPEG", (8000, 6250), (8001, 6250)),
        ("PNG", (4000, 3000), (4001, 3000)),
        ("WEBP", (4000, 3000), (4001, 3000)),
    ],
)
def test_the_largest_picture_is_taken_and_one_pixel_more_is_not(kind, within, beyond):
    """A104."""
    assert opened(photos.develop(saved(Image.new("RGB", within, RED), kind))).size == (512, 512)
    with pytest.raises(photos.PictureTooLarge):
        photos.develop(saved(Image.new("RGB", beyond, RED), kind))


def test_a_speck_is_refused():
    with pytest.raises(photos.PictureTooSmall):
        photos.develop(saved(Image.new("RGB", (63, 2000)), "PNG"))


def test_a_file_over_12_mb_is_refused_unopened():
    """A102."""
    with pytest.raises(photos.PictureTooHeavy) as refused:
        photos.develop(b"\xff\xd8" + bytes(photos.MOST_BYTES))
    assert refused.value.status == 413


def laden(kind: str) -> bytes:
    """Return a picture with a canary in each place that a picture has for words."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x9286] = CANARY.decode()
    exif.get_ifd(0x8825)[29] = CANARY.decode()
    how: dict[str, object] = {"exif": exif, "xmp": CANARY * 3, "icc_profile": CANARY * 20}
    if kind == "JPEG":
        how["comment"] = b"<script>" + CANARY
    if kind == "PNG":
        del how["xmp"]
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", CANARY.decode())
        words.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        how["pnginfo"] = words
    return saved(quarters(), kind, **how)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_camera_comment_and_profile_are_gone(kind):
    """A105."""
    data = laden(kind)
    assert data.count(CANARY) >= 3
    jpeg = darkroom.develop(data)
    assert CANARY not in jpeg
    picture = opened(jpeg)
    assert not picture.getexif()
    assert picture.info.keys() <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    assert not [name for name, _ in picture.applist if name != "APP0"]


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, ["red", "green", "blue", "white"]),
        (2, ["green", "red", "white", "blue"]),
        (3, ["white", "blue", "green", "red"]),
        (4, ["blue", "white", "red", "green"]),
        (5, ["red", "blue", "green", "white"]),
        (6, ["blue", "red", "white", "green"]),
        (7, ["white", "green", "blue", "red"]),
        (8, ["green", "white", "red", "blue"]),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_stands_the_right_way_up(kind, orientation, expected):
    """A105."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert corners(opened(darkroom.develop(saved(quarters(), kind, exif=exif)))) == expected


def test_a_decoder_that_dies_is_a_sentence_and_not_an_error(tmp_path, monkeypatch):
    room = tmp_path / "room.py"
    room.write_text("import os\nos.kill(os.getpid(), 11)\n")
    monkeypatch.setattr(darkroom, "__file__", str(room))
    with pytest.raises(photos.PictureBroken):
        photos.develop(b"anything")


def test_a_decoder_that_never_ends_is_given_up(tmp_path, monkeypatch):
    room = tmp_path / "room.py"
    room.write_text("import signal\nsignal.pause()\n")
    monkeypatch.setattr(darkroom, "__file__", str(room))
    monkeypatch.setattr(photos, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(photos.PictureBroken):
        photos.develop(b"anything")


def test_the_decoder_sees_no_setting_of_the_house(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_CANARY", CANARY.decode())
    room = tmp_path / "room.py"
    room.write_text("import os\nprint(sorted(os.environ))\n")
    monkeypatch.setattr(darkroom, "__file__", str(room))
    assert b"CANARY" not in photos.develop(b"anything")
