"""Wordings: what an organiser is told of a list, on the screen and in the shell. Marked, not yet translated."""

from app.domain.headings import Delicate, Field
from app.domain.intakes import Fate
from app.domain.matches import Why
from app.domain.replies import Flag, Reason
from app.words import N_

FIELDS = {
    Field.NAME: N_("Name"),
    Field.FIRST: N_("First name"),
    Field.LAST: N_("Last name"),
    Field.EMAIL: N_("E-mail"),
    Field.PHONE: N_("Phone"),
    Field.COMPANY: N_("Company"),
    Field.WHAT_I_DO: N_("What they do"),
    Field.TICKET: N_("Ticket"),
    Field.STATUS: N_("Whether they're coming"),
    Field.PAID: N_("Whether they've paid"),
    Field.GUESTS: N_("How many guests they bring"),
    Field.QUANTITY: N_("How many places they booked"),
    Field.ID: N_("Their number on the list"),
    Field.CAME: N_("Whether they came"),
}

# What an entry is filled with: the attribute's name, and ours.
FILLED = {
    "name": N_("name"),
    "email": N_("e-mail"),
    "phone": N_("phone"),
    "company": N_("company"),
    "what_i_do": N_("what they do"),
    "ticket": N_("ticket"),
    "guests": N_("guests"),
    "kept": N_("what you ticked"),
    "coming": N_("that they're coming"),
    "flags": N_("whether it's settled"),
    "external_id": N_("their number on the list"),
}

FATES = {
    Fate.CREATE: N_("Add"),
    Fate.MATCH: N_("On your list already"),
    Fate.SKIP: N_("Left out"),
    Fate.ASK: N_("Waits for your answer"),
}

REASONS = {
    Reason.CANCELLED: N_("Cancelled"),
    Reason.REFUNDED: N_("Refunded"),
    Reason.DECLINED: N_("Declined"),
    Reason.WAITLIST: N_("On the waiting list"),
    Reason.NOT_ATTENDING: N_("Not coming"),
    Reason.NO_NAME: N_("No name"),
    Reason.NAME_TOO_LONG: N_("Longer than any name"),
    Reason.TOO_MANY_CELLS: N_("More cells than headings: a comma inside a name needs quotation marks around it"),
    Reason.HEADINGS_AGAIN: N_("The headings again"),
    Reason.TOTALS: N_("A total, not a person"),
    Reason.REMARK: N_("Reads like a note, not a name"),
    Reason.DUPLICATE: N_("The same person again"),
    Reason.SECOND_TICKET: N_("A second ticket of the same person, counted as a guest"),
    Reason.LEFT_OUT: N_("You left them out"),
    Reason.HERE_ALREADY: N_("Here already"),
}

FLAGS = {
    Flag.PENDING: N_("Not confirmed yet"),
    Flag.UNPAID: N_("Not paid yet"),
    Flag.STATUS_UNKNOWN: N_("“%(status)s” is no status we know, so they count as invited"),
    Flag.EMAIL_UNREAD: N_("“%(email_typed)s” isn't an e-mail address"),
    Flag.EMAIL_ONE_OF_SEVERAL: N_("Of several e-mail addresses we keep %(email)s"),
    Flag.PHONE_UNREAD: N_("“%(phone_typed)s” isn't a number that can be rung"),
    Flag.GUESTS_UNREAD: N_("How many they bring isn't a number"),
}

BETTER_NOT = {
    Delicate.PAYMENT: N_("About money"),
    Delicate.ADDRESS: N_("Where they live"),
    Delicate.HEALTH: N_("May say something about their health"),
}

QUESTIONS = {
    Why.SAME_NUMBER: N_("%(name)s has the same number on the list as %(other)s."),
    Why.SAME_ADDRESS: N_("%(name)s has the same e-mail address as %(other)s."),
    Why.SAME_NAME: N_("Two are called %(name)s, and can be reached at different places."),
    Why.WALKED_IN: N_("%(other)s is here already, and wasn't on a list."),
}

GOALS = {
    "customer": N_("Find a customer"),
    "supplier": N_("Find a supplier"),
    "someone": N_("Meet someone in particular"),
    "learn": N_("Learn something"),
    "company": N_("Good company"),
}
