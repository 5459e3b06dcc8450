"""A draft in a real browser: what is typed is what opens, and the way that was taken is remembered."""

import re
from datetime import time
from urllib.parse import unquote
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app import database
from app.domain import cards, contacts, encounters, follow_ups, sessions
from app.domain.prompts import FOLLOW_UP, Pick, Prompt
from tests import cast
from tests.infrastructure.chromium import until


@pytest.fixture
def step(site, clock):
    """A follow-up with one chosen, and the cookie of the one who chose."""
    with site.app.app_context():
        world = cast.assemble(clock.now)
        cards.put(cards.of(world.ben), "email", "ben@shop.example", cards.ANYONE)
        cards.put(cards.of(world.ben), "phone", "+447700900123", cards.ANYONE, "GB")
        contacts.meet(world.ada, world.ben, uuid4(), encounters.CARD, world.event, clock.now, clock.now)
        prompt = Prompt(kind=FOLLOW_UP, subject="event:1", person=world.ada, event=world.event, due_zone=cast.ZONE)
        prompt.due_day, prompt.due_time = clock.now.date(), time(8, 30)
        prompt.due_at = prompt.created_at = clock.now
        database.session.add(prompt)
        database.session.flush()
        follow_ups.choose(prompt, [contacts.find(world.ada, world.ben).id], clock.now)
        _row, cookie = sessions.start(world.ada, "A phone", clock.now)
        database.session.commit()
        return f"/prompts/{prompt.id}", cookie


def opened(new_phone, site, step, **options):
    path, cookie = step
    phone = new_phone(**options)
    phone.context.add_cookies([{"name": "__Host-session", "value": cookie, "url": site.url, "secure": True}])
    phone.goto(path)
    return phone


def test_what_is_typed_is_what_opens(new_phone, site, step):
    phone = opened(new_phone, site, step)
    phone.locator("#draft").fill("Hi Ben,\n100 % & more?")
    until(phone, "document.querySelector('[data-way=mail]').href.includes('100')")
    mail, sms = (phone.locator(f"[data-way={way}]").get_attribute("href") for way in ("mail", "sms"))
    assert mail.startswith("mailto:ben@shop.example?subject=Good%20to%20meet%20you%20at%20Tuesday%20Breakfast&body=")
    assert unquote(mail.partition("&body=")[2]) == "Hi Ben,\r\n100 % & more?"
    assert unquote(sms) == "sms:+447700900123?body=Hi Ben,\n100 % & more?"


def test_the_way_that_was_taken_is_remembered(new_phone, site, step):
    phone = opened(new_phone, site, step)
    expect(phone.get_by_text("Put my words into the links")).to_be_hidden()  # the scripts are awake
    phone.evaluate("document.querySelector('[data-way=sms]').addEventListener('click', e => e.preventDefault())")
    phone.locator("[data-way=sms]").click()
    phone.get_by_role("button", name="Yes, it went").click()
    phone.get_by_text("That's done").wait_for()
    with site.app.app_context():
        assert database.session.scalar(select(Pick.step)) == "sms"


def test_without_a_script_it_is_asked(new_phone, site, step):
    phone = opened(new_phone, site, step, java_script_enabled=False)
    phone.locator("#draft").fill("My own words")
    phone.get_by_role("button", name="Put my words into the links").click()
    expect(phone.locator("[data-way=mail]")).to_have_attribute("href", re.compile("body=My%20own%20words"))
    phone.get_by_label("How?").select_option("whatsapp")
    phone.get_by_role("button", name="Yes, it went").click()
    phone.get_by_text("That's done").wait_for()
    with site.app.app_context():
        assert database.session.scalar(select(Pick.step)) == "whatsapp"
