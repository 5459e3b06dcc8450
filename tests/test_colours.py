"""Every promise about contrast, reckoned from the style sheets themselves, in both themes."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parent.parent / "static" / "css"
DARK = "@media (prefers-color-scheme: dark)"
THEMES = ("light", "dark")

GROUNDS = (
    "--ground",
    "--raised",
    "--well",
    "--private-ground",
    "--done-ground",
    "--danger-ground",
    "--notice-ground",
)
TEXT_WITH_A_MEANING = ("--quiet-text", "--link", "--done", "--danger", "--accent")
FILLS = ("--action", "--action-pressed")

BODY, ELSE, EDGE = 7.0, 4.5, 3.0


def blocks(sheet: str) -> dict[str, dict[str, str]]:
    """Return what a sheet says in :root, for each theme apart."""
    light, _, dark = (CSS / sheet).read_text().partition(DARK)
    return {"light": declared(light), "dark": declared(dark)}


def declared(text: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", text))


def theme(name: str) -> dict[str, str]:
    """Return every name and role as it stands in one theme."""
    names = blocks("tokens.css")
    values = names["light"] | (names["dark"] if name == "dark" else {})
    return values | blocks("roles.css")["light"]


def colour(role: str, values: dict[str, str]) -> str:
    """Follow a role to the colour it ends in."""
    value = values[role]
    while match := re.fullmatch(r"var\((--[\w-]+)\)", value):
        value = values[match[1]]
    assert re.fullmatch(r"#[0-9A-F]{6}", value), f"{role} ends in {value}, which is no plain colour"
    return value


def luminance(hexadecimal: str) -> float:
    """Return relative luminance as WCAG 2.2 defines it."""
    channels = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, values: dict[str, str]) -> float:
    """Return the ratio of two roles, 1 to 21 (WCAG 2.2 §1.4.3)."""
    darker, lighter = sorted(luminance(colour(role, values)) for role in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ratio_is_the_one_that_wcag_defines() -> None:
    values = {"--black": "#000000", "--white": "#FFFFFF", "--grey": "#767676"}
    assert contrast("--black", "--white", values) == pytest.approx(21)
    assert contrast("--grey", "--white", values) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_body_text_stands_out_seven_to_one_on_every_ground(ground: str, name: str) -> None:
    assert contrast("--text", ground, theme(name)) >= BODY


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("role", TEXT_WITH_A_MEANING)
def test_all_other_text_stands_out_four_and_a_half_to_one(role: str, ground: str, name: str) -> None:
    assert contrast(role, ground, theme(name)) >= ELSE


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("fill", FILLS)
def test_words_on_marmalade_stand_out_four_and_a_half_to_one(fill: str, name: str) -> None:
    assert contrast("--on-marmalade", fill, theme(name)) >= ELSE


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("edge", ["--control-border", "--focus", "--action"])
def test_borders_of_controls_and_the_focus_ring_stand_out_three_to_one(edge: str, ground: str, name: str) -> None:
    assert contrast(edge, ground, theme(name)) >= EDGE


@pytest.mark.parametrize("name", THEMES)
def test_a_code_is_dark_on_white_in_both_themes(name: str) -> None:
    values = theme(name)
    assert colour("--qr-ground", values) == "#FFFFFF"
    assert contrast("--qr-text", "--qr-ground", values) >= BODY


def test_peel_is_never_the_colour_of_text() -> None:
    for sheet in CSS.glob("*.css"):
        assert not re.search(r"(?<![\w-])color:\s*var\(--(peel|warmth)\)", sheet.read_text()), sheet.name


def test_dark_mode_redefines_names_and_nothing_else() -> None:
    names = blocks("tokens.css")
    assert names["dark"], "there is no dark mode"
    assert names["dark"].keys() <= names["light"].keys()
    elsewhere = [sheet.name for sheet in CSS.glob("*.css") if DARK in sheet.read_text()]
    assert elsewhere == ["tokens.css"]


def test_every_role_is_made_of_names_that_exist() -> None:
    names, roles = blocks("tokens.css")["light"], blocks("roles.css")["light"]
    for role, value in roles.items():
        match = re.fullmatch(r"var\((--[\w-]+)\)", value)
        assert role.startswith(("--qr-", "--lens-")) or (match and match[1] in names), f"{role}: {value}"


def test_sheets_use_roles_and_never_a_colour_of_their_own() -> None:
    names = {n for n, value in blocks("tokens.css")["light"].items() if value.startswith(("#", "rgb"))}
    for sheet in CSS.glob("*.css"):
        if sheet.name in {"tokens.css", "roles.css", "print.css"}:
            continue
        text = sheet.read_text()
        used = set(re.findall(r"var\((--[\w-]+)", text))
        assert not used & names, f"{sheet.name} uses the names {used & names}"
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(", text), sheet.name


def test_every_variable_that_a_sheet_uses_is_defined_somewhere() -> None:
    sheets = {sheet.name: sheet.read_text() for sheet in CSS.glob("*.css")}
    defined = {name for text in sheets.values() for name in declared(text)}
    for name, text in sheets.items():
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined, name


def test_the_order_lists_every_sheet_once_and_layers_first() -> None:
    order = (CSS / "order.txt").read_text().split()
    assert sorted(order) == sorted(sheet.name for sheet in CSS.glob("*.css"))
    assert order[0] == "layers.css"
    assert all((CSS / name).read_text().count("\n") <= 200 for name in order)


def test_every_rule_stands_in_one_of_the_layers_that_the_first_line_orders() -> None:
    layers = set(re.findall(r"[\w-]+", (CSS / "layers.css").read_text().removeprefix("@layer")))
    for sheet in set(CSS.glob("*.css")) - {CSS / "layers.css"}:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        outside = re.sub(r"@layer (\w+) \{.*?\n\}", "", text, flags=re.DOTALL)
        assert not outside.strip(), sheet.name
        assert set(re.findall(r"@layer (\w+)", text)) <= layers, sheet.name


def test_the_browser_is_told_the_colour_of_paper_in_both_themes() -> None:
    page = (CSS.parent.parent / "templates" / "layouts" / "base.html").read_text()
    told = re.findall(r'name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)"', page)
    assert {scheme: value for value, scheme in told} == {name: colour("--ground", theme(name)) for name in THEMES}
