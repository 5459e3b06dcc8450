"""My card's door: shown, changed, previewed, photographed, kept as a file, renewed."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
import vobject
from PIL import Image

from app import serving
from app.domain import cards, photos, qr
from app.domain.cards import NOBODY
from app.domain.people import Person
from tests.cast import Cast
from tests.infrastructure import codes
from tests.infrastructure.visitors import Visitor
from tests.web.holders import TYPED, fill, token

NewClient = Callable[[], Visitor]
SITE = "https://marmalade.example"


def picture(side: int = 200) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (side, side), (200, 120, 40)).save(file, "PNG")
    file.seek(0)
    return file


def photo_on(page: str) -> str:
    return re.findall(r'src="(/photos/[^"]+)"', page)[0]


class TestMyCard:
    def test_it_shows_a_code_that_leads_to_my_card(self, hers: Visitor, ada: Person) -> None:
        page = hers.get("/card").text
        assert codes.on_page(page) == f"{SITE}/c/{token(ada)}"
        short = cards.living(cards.of(ada)).short_code
        assert f"<span>{short[:4]}</span> <span>{short[4:]}</span>" in page
        assert "Ada Bevan" in page
        assert "I keep the books for cafés" in page

    def test_its_address_does_not_follow_the_host_that_was_asked_for(self, hers: Visitor, ada: Person) -> None:
        """A101."""
        cookie = hers.get_cookie("__Host-session", domain="marmalade.example")
        hers.set_cookie(cookie.key, cookie.value, domain="127.0.0.1", secure=True)
        page = hers.get("/card", base_url="https://127.0.0.1").text
        assert codes.on_page(page) == f"{SITE}/c/{token(ada)}"

    def test_nobody_else_sees_it(self, stranger: Visitor) -> None:
        assert "/sign-in" in stranger.get("/card").location

    def test_one_without_a_word_asks_for_one(self, new_client: NewClient, world: Cast) -> None:
        page = new_client().sign_in(world.dev).get("/card").text
        assert "Say what you do" in page
        assert codes.on_page(page).startswith(SITE)

    def test_it_asks_the_database_little(self, hers: Visitor, queries) -> None:
        hers.get("/card")
        with queries() as asked:
            assert hers.get("/card").status_code == 200
        assert asked.count <= 5, asked


class TestAtHome:
    @pytest.fixture
    def settings(self, database_settings: dict[str, str]) -> dict[str, str]:
        return {"PUBLIC_URL": "", "KEYS": "test:" + "bWFybWFsYWRl" * 4, "PORT": "8123", **database_settings}

    @pytest.fixture(autouse=True)
    def wifi(self, monkeypatch) -> None:
        monkeypatch.setattr(serving, "_own_address", lambda: "192.168.1.20")

    def test_the_code_is_for_the_same_wifi_and_says_so(self, hers: Visitor, ada: Person) -> None:
        page = hers.get("/card").text
        assert codes.on_page(page) == f"http://192.168.1.20:8123/c/{token(ada)}"
        assert "same wifi" in page

    @pytest.mark.parametrize("kind", ["svg", "png"])
    def test_paper_waits_for_an_address_that_lasts(self, hers: Visitor, kind: str) -> None:
        assert "/card/code.svg?for=print" not in hers.get("/card").text
        assert hers.get(f"/card/code.{kind}?for=print").status_code == 409
        assert hers.get(f"/card/code.{kind}?for=screen").status_code == 200


class TestChanging:
    def test_what_is_typed_is_what_is_shown(self, session, hers: Visitor, ada: Person, stranger: Visitor) -> None:
        assert hers.post("/card/edit", data=TYPED).location == "/card?done=card"
        assert "Saved." in hers.get("/card?done=card").text
        page = stranger.get(f"/c/{token(ada)}").text
        assert "Owner, Bevan &amp; Daughters" in page
        assert 'href="https://example.org/ada" rel="noopener nofollow ugc">example.org/ada</a>' in page

    def test_the_form_holds_what_was_typed_before(self, session, hers: Visitor, ada: Person) -> None:
        fill(session, ada, phone=NOBODY)
        page = hers.get("/card/edit").text
        assert 'value="07700 900123"' in page
        assert re.search(r'value="usual" checked', page)
        assert re.search(r'name="level_phone".*?value="nobody" selected', page, re.DOTALL)
        assert "<details" in page
        assert re.search(r"<details[^>]* open>", page)

    def test_without_exceptions_single_fields_stay_folded_away(self, session, hers: Visitor, ada: Person) -> None:
        fill(session, ada)
        assert not re.search(r"<details[^>]* open>", hers.get("/card/edit").text)

    def test_my_own_address_is_offered_and_shown_to_nobody(
        self, session, hers: Visitor, ada: Person, bens: Visitor
    ) -> None:
        """P159."""
        assert 'value="ada@example.org"' in hers.get("/card/edit").text
        hers.post("/card/edit", data={"name": "Ada Bevan", "email": "ada@example.org", "preset": "reserved"})
        assert "ada@example.org" not in bens.get(f"/c/{token(ada)}").text

    def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(
        self, session, hers: Visitor, ada: Person
    ) -> None:
        wrong = {**TYPED, "name": " ", "link": "javascript:alert(1)", "phone": "12", "level_email": "nobody"}
        answer = hers.post("/card/edit", data=wrong)
        assert answer.status_code == 422
        assert "3 things need another look." in answer.text
        assert 'value="javascript:alert(1)"' in answer.text
        assert 'value="Bevan &amp; Daughters"' in answer.text
        assert re.search(r'name="level_email".*?value="nobody" selected', answer.text, re.DOTALL)
        session.expire_all()
        assert cards.of(ada).person.name == "Ada Bevan"

    @pytest.mark.parametrize(
        "link",
        ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "java\nscript:alert(1)", "\x01https://a.example"],
    )
    def test_a_link_that_leads_astray_is_refused(self, hers: Visitor, link: str) -> None:
        """A71."""
        assert hers.post("/card/edit", data={**TYPED, "link": link}).status_code == 422

    @pytest.mark.parametrize("hostile", ["a\r\nb", "a\u2028b", "a\x85b", "a\x00b"])
    def test_a_second_line_is_refused_everywhere(self, hers: Visitor, hostile: str) -> None:
        """A77."""
        answer = hers.post("/card/edit", data={**TYPED, **dict.fromkeys(("name", *cards.FIELDS), hostile)})
        assert answer.status_code == 422
        assert "12 things need another look." in answer.text

    @pytest.mark.parametrize("words", ['"><svg onload=alert(1)>', "{{7*7}}", "</script><script>alert(1)</script>"])
    def test_words_are_words_wherever_they_are_shown(
        self, hers: Visitor, ada: Person, stranger: Visitor, words: str
    ) -> None:
        """A70."""
        typed = {**TYPED, **dict.fromkeys(("name", "role", "company", "what_i_do", "who_for"), words)}
        assert hers.post("/card/edit", data=typed).status_code == 303
        pages = [hers.get(path).text for path in ("/card", "/card/edit", "/card/as/met")]
        pages += [stranger.get(f"/c/{token(ada)}").text]
        for page in pages:
            assert "<svg onload" not in page
            assert "<script>alert" not in page
            assert "1337" not in page
        [parsed] = vobject.readComponents(stranger.get(f"/c/{token(ada)}.vcf").text)
        assert parsed.fn.value == words

    @pytest.mark.parametrize("data", [{"preset": "public"}, {"level_email": "everyone"}, {"preset": ""}])
    def test_a_level_that_is_none_is_refused(self, hers: Visitor, data: dict[str, str]) -> None:
        assert hers.post("/card/edit", data={**TYPED, **data}).status_code == 422

    def test_a_form_from_elsewhere_changes_nothing(self, hers: Visitor) -> None:
        """A94."""
        hers.own_forms = False
        assert hers.post("/card/edit", data=TYPED).status_code == 403


class TestThePreview:
    def test_a_stranger_and_someone_met_are_shown_what_they_are_shown(
        self, session, hers: Visitor, ada: Person, stranger: Visitor, bens: Visitor
    ) -> None:
        fill(session, ada)
        assert "ada@example.org" not in hers.get("/card/as/anyone").text
        assert "ada@example.org" in hers.get("/card/as/met").text
        assert "ada@example.org" not in stranger.get(f"/c/{token(ada)}").text
        assert "ada@example.org" in bens.get(f"/c/{token(ada)}").text

    def test_a_name_alone_says_that_it_is_alone(self, new_client: NewClient, world: Cast) -> None:
        assert "all there is to see" in new_client().sign_in(world.dev).get("/card/as/anyone").text

    def test_there_is_no_third_way_to_look(self, hers: Visitor) -> None:
        assert hers.get("/card/as/owner").status_code == 404


class TestThePhoto:
    def send(self, client: Visitor, file: BytesIO, name: str = "me.png"):
        return client.post("/card/photo", data={"photo": (file, name)}, content_type="multipart/form-data")

    def test_it_becomes_a_small_square_on_my_card(self, hers: Visitor) -> None:
        assert self.send(hers, picture(900)).location == "/card?done=photo"
        answer = hers.get(photo_on(hers.get("/card").text))
        shown = Image.open(BytesIO(answer.data))
        assert (shown.format, shown.size) == ("JPEG", (512, 512))

    def test_opened_by_itself_it_is_a_picture_and_nothing_else(self, hers: Visitor) -> None:
        """A107."""
        self.send(hers, picture())
        address = photo_on(hers.get("/card").text)
        answer = hers.get(address)
        assert answer.content_type == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cache-Control"] == "private, max-age=604800, immutable"
        assert hers.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert len(re.findall(r"/photos/([\w-]+)\.jpg", address)[0]) >= 43

    def test_who_may_not_see_it_is_not_told_where_it_is(
        self, session, hers: Visitor, ada: Person, stranger: Visitor, bens: Visitor
    ) -> None:
        """A131."""
        self.send(hers, picture())
        session.expire_all()
        address = cards.of(ada).photo.address
        assert address not in stranger.get(f"/c/{token(ada)}").text
        assert address in bens.get(f"/c/{token(ada)}").text

    @pytest.mark.parametrize(
        ("file", "sentence"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "JPEG, PNG or WebP"),
            (b"GIF89a", "JPEG, PNG or WebP"),
            (b"", "JPEG, PNG or WebP"),
            (picture().getvalue()[:80], "damaged"),
        ],
    )
    def test_what_is_no_picture_is_refused_with_a_sentence(self, hers: Visitor, file: bytes, sentence: str) -> None:
        """A81, A103."""
        answer = self.send(hers, BytesIO(file), "me.jpg")
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "<svg xmlns" in answer.text
        assert "/photos/" not in hers.get("/card").text

    def test_a_form_without_a_file_is_refused(self, hers: Visitor) -> None:
        assert hers.post("/card/photo").status_code == 422

    def test_a_file_over_12_mb_is_refused_before_it_is_read(self, hers: Visitor) -> None:
        """A102."""

        class Unread(BytesIO):
            def read(self, *_size) -> bytes:
                raise AssertionError("The body was read.")

        answer = hers.post(
            "/card/photo",
            input_stream=Unread(),
            environ_overrides={"CONTENT_LENGTH": str(photos.MOST_BYTES + 1_000_000)},
            content_type="multipart/form-data; boundary=x",
        )
        assert answer.status_code == 413
        assert "12 MB" in answer.text

    @pytest.mark.parametrize("name", ["../../x.png", "a\x00b.png", 'a"b\r\nX: y.png', ""])
    def test_the_files_own_name_means_nothing(self, hers: Visitor, name: str) -> None:
        """A106."""
        answer = self.send(hers, picture(), name)
        assert answer.status_code in {303, 422}
        assert not answer.headers.get("X")

    def test_it_can_be_removed_and_is_gone(self, hers: Visitor) -> None:
        self.send(hers, picture())
        address = photo_on(hers.get("/card").text)
        assert hers.post("/card/photo/remove").location == "/card?done=photo-gone"
        assert "/photos/" not in hers.get("/card").text
        assert hers.get(address).status_code == 404

    def test_nobody_waits_for_the_database_while_it_is_developed(self, session, hers: Visitor, monkeypatch) -> None:
        def develop(_data: bytes) -> bytes:
            from app import database

            assert not database.session().in_transaction()
            return b"jpeg"

        monkeypatch.setattr(photos, "develop", develop)
        assert self.send(hers, picture()).status_code == 303


class TestTheCodeAsAFile:
    @pytest.mark.parametrize(("use", "level"), [("screen", qr.SCREEN), ("print", qr.PRINT), ("", qr.SCREEN)])
    def test_it_leads_to_my_card_from_screen_and_paper(self, hers: Visitor, ada: Person, use: str, level: str) -> None:
        drawn = hers.get(f"/card/code.svg?for={use}")
        painted = hers.get(f"/card/code.png?for={use}")
        assert (drawn.mimetype, painted.mimetype) == ("image/svg+xml", "image/png")
        for found in (codes.read(codes.drawn(drawn.text, 300)), codes.read(Image.open(BytesIO(painted.data)))):
            assert found.text == f"{SITE}/c/{token(ada)}"
            assert found.ec_level == level

    def test_its_name_survives_any_letters(self, session, hers: Visitor, ada: Person) -> None:
        """A106."""
        ada.name = 'Siân "../x" Rhys'
        session.add(ada)
        session.commit()
        given = hers.get("/card/code.png").headers["Content-Disposition"]
        assert given.startswith("attachment; filename=")
        assert "filename*=UTF-8''Si%C3%A2n%20%22..-x%22%20Rhys%2C%20code.png" in given


class TestANewCode:
    def test_the_old_one_stops_working_at_once(self, session, hers: Visitor, ada: Person, stranger: Visitor) -> None:
        """P168, Q15, H14."""
        old = token(ada)
        assert hers.post("/card/token").location == "/card?done=code"
        assert codes.on_page(hers.get("/card?done=code").text) != f"{SITE}/c/{old}"
        session.rollback()
        assert stranger.get(f"/c/{old}").status_code == 410
        assert stranger.get(f"/c/{old}.vcf").status_code == 410
        assert stranger.get(f"/c/{token(ada)}").status_code == 200

    def test_every_withdrawn_card_looks_alike(
        self, session, hers: Visitor, bens: Visitor, world: Cast, stranger: Visitor
    ) -> None:
        old = token(world.ada), token(world.ben)
        hers.post("/card/token")
        bens.post("/card/token")
        first, second = (stranger.get(f"/c/{withdrawn}") for withdrawn in old)
        assert first.text == second.text
        assert "This card has been replaced. Ask them for the new one." in first.text
        assert "Ada" not in first.text
