"""Layouts: what the columns of the lists that organisers have mean. Pure: headings in, meanings out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.headings import ALIASES, Field
from app.domain.refusals import Unfit
from app.domain.replies import Standing
from app.words import N_


@dataclass(frozen=True)
class Layout:
    """One kind of list: how it is known, and what cannot be guessed from its headings.

    `ids` names whose numbering the ids are: two lists of one platform share it. `unsaid` is how a blank
    status reads, `not_people` are names (comparable) under which this list counts something.
    """

    key: str
    title: str
    headings: frozenset[str]
    columns: Mapping[Field, tuple[str, ...]] = field(default_factory=dict)
    ids: str = ""
    unsaid: Standing = Standing.INVITED
    not_people: frozenset[str] = frozenset()


# Eventbrite repeats the order's number on every ticket of an order: the attendee's number is the person's.
EVENTBRITE = Layout(
    key="eventbrite",
    title=N_("Eventbrite"),
    headings=frozenset({"order #", "attendee status"}),
    columns={Field.ID: ("attendee #",), Field.STATUS: ("attendee status",), Field.TICKET: ("ticket type",)},
    ids="eventbrite",
    unsaid=Standing.GOING,
)
LUMA = Layout(
    key="luma",
    title=N_("Luma"),
    headings=frozenset({"approval status", "name", "email"}),
    columns={
        Field.ID: ("api id", "guest id"),
        Field.STATUS: ("approval status",),
        Field.TICKET: ("ticket name",),
    },
    ids="luma",
    unsaid=Standing.GOING,
)
MEETUP_ATTENDEES = Layout(
    key="meetup-attendees",
    title=N_("Meetup, attendees"),
    headings=frozenset({"name", "user id", "rsvp"}),
    columns={Field.ID: ("user id",), Field.STATUS: ("rsvp",), Field.GUESTS: ("guests",)},
    ids="meetup",
)
MEETUP_MEMBERS = Layout(
    key="meetup-members",
    title=N_("Meetup, members"),
    headings=frozenset({"name", "member id", "joined group on"}),
    columns={Field.ID: ("member id",)},
    ids="meetup",
)
PRETIX = Layout(
    key="pretix",
    title=N_("pretix"),
    headings=frozenset({"order code", "attendee name", "product"}),
    columns={
        Field.ID: ("order code",),
        Field.NAME: ("attendee name",),
        Field.TICKET: ("product",),
        Field.PAID: ("paid",),
    },
    ids="pretix",
    unsaid=Standing.GOING,
)
HI_EVENTS = Layout(
    key="hi-events",
    title=N_("Hi.Events"),
    headings=frozenset({"public id", "short id", "product name"}),
    columns={Field.ID: ("public id",), Field.STATUS: ("status",), Field.TICKET: ("product name",)},
    ids="hi-events",
    unsaid=Standing.GOING,
)
# The members' attendance, letter by letter; below them it counts visitors and has rows of the chapter's own.
BNI_PALMS = Layout(
    key="bni-palms",
    title=N_("BNI PALMS summary"),
    headings=frozenset({"first name", "last name", "p", "a", "l", "m", "s", "tyfcb"}),
    not_people=frozenset({"bni", "visitor", "visitors", "guest", "guests", "chapter"}),
)
HAND_KEPT = Layout(key="hand-kept", title=N_("a list of your own"), headings=frozenset())
PLAIN = Layout(key="plain", title=N_("a list without headings"), headings=frozenset())

LAYOUTS = (EVENTBRITE, LUMA, MEETUP_ATTENDEES, MEETUP_MEMBERS, PRETIX, HI_EVENTS, BNI_PALMS)
BY_KEY = {layout.key: layout for layout in (*LAYOUTS, HAND_KEPT, PLAIN)}


class AddressBook(Unfit):
    message = N_(
        "This is an address book, not an attendee list: nobody in it has said they're coming. "
        "Bring the list of the people who booked, or a list of your own with one name a row."
    )


class LinkedInConnections(AddressBook):
    message = N_(
        "These are your LinkedIn connections, an address book: nobody in it has said they're coming. "
        "Export the attendee list from where people booked (Eventbrite, Luma, Meetup, pretix, Hi.Events) "
        "and bring that, or a list of your own."
    )


class GoogleContacts(AddressBook):
    message = N_(
        "These are your Google contacts, an address book: nobody in it has said they're coming. "
        "Export the attendee list from where people booked (Eventbrite, Luma, Meetup, pretix, Hi.Events) "
        "and bring that, or a list of your own."
    )


_ADDRESS_BOOKS: tuple[tuple[frozenset[str], type[AddressBook]], ...] = (
    (frozenset({"first name", "last name", "connected on"}), LinkedInConnections),
    (frozenset({"email 1 value"}), GoogleContacts),
    (frozenset({"phone 1 value"}), GoogleContacts),
)

_FAMILIAR = frozenset(
    {word for words in ALIASES.values() for word in words}
    | {word for layout in LAYOUTS for word in layout.headings}
    | {word for headings, _ in _ADDRESS_BOOKS for word in headings}
)


# What may as well be what a row says of somebody; where no other heading stands, it is.
_ALSO_IN_ROWS = frozenset(
    {"member", "guest", "attendee", "participant", "delegate", "person", "contact", "who", "first", "last", "mail"}
    | {"cell", "paid", "going", "coming", "attending", "bringing", "job", "role", "trade", "category", "sector", "+1"}
)


def familiar(headings: Iterable[str]) -> int:
    """Count the headings that some list that we know has, if one of them can be nothing but a heading."""
    known = [word for word in headings if word in _FAMILIAR]
    return 0 if _ALSO_IN_ROWS.issuperset(known) else len(known)


def recognise(headings: Sequence[str]) -> Layout:
    """Return which list has these headings; raise AddressBook for people who never said they'd come."""
    known = set(headings)
    for signs, refusal in _ADDRESS_BOOKS:
        if signs <= known:
            raise refusal("file")
    return next((layout for layout in LAYOUTS if layout.headings <= known), HAND_KEPT)


def columns(layout: Layout, headings: Sequence[str]) -> dict[Field, int]:
    """Guess which column tells what; each tells one thing, and a field that none tells is left out."""
    found: dict[Field, int] = {}
    for wanted in Field:
        words = layout.columns.get(wanted, ALIASES.get(wanted, ()))
        place = next((headings.index(word) for word in words if word in headings), None)
        if place is not None and place not in found.values():
            found[wanted] = place
    if Field.LAST in found and Field.NAME in found and Field.FIRST not in found:
        found[Field.FIRST] = found.pop(Field.NAME)  # "Name" beside "Surname" is the first name
    return found
