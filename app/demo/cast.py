"""Who is in the demonstration, and what they say. Nobody here exists."""

ORGANISER = "Ada Bevan"

# name, what they do, firm
PEOPLE = (
    (ORGANISER, "I run this breakfast, and keep the books for cafés", "Bevan Bookkeeping"),
    ("Ben Okafor", "I build websites that load on the train", "Okafor Studio"),
    ("Siân Griffiths", "I draw up wills that families can read", "Griffiths Solicitors"),
    ("Tomasz Kowalski", "I restore old windows", "Clearview Joinery"),
    ("Priya Shah", "I find offices for firms of five to fifty", "Shah & Lane"),
    ("Gareth Pugh", "I insure small builders", "Pugh Brokers"),
    ("Mei Tanaka", "I take portraits of people at work", "Tanaka Pictures"),
    ("Olu Adeyemi", "I fix networks before Monday", "Adeyemi IT"),
    ("Hannah Lloyd", "I teach managers to give feedback", "Plain Talk"),
    ("Rhys Morgan", "I roast coffee for offices", "Morning Roast"),
    ("Aisha Khan", "I do payroll for shops", "Khan Payroll"),
    ("Chloë Fraser", "I write words for small hotels", "Fraser Copy"),
    ("Declan O’Neill", "I wire kitchens and charge points", "O’Neill Electrical"),
    ("Ines Carvalho", "I translate contracts, Portuguese and English", "Carvalho Translations"),
    ("Mohammed Hussain", "I lend against machines, not houses", "Hussain Asset Finance"),
    ("Beth Campbell", "I plan gardens for schools", "Campbell Green"),
    ("Łucja Nowak", "I photograph food", "Nowak Plates"),
    ("Owen Stewart", "I sell vans that have had one driver", "Stewart Vans"),
    ("Fatima Ahmed", "I help charities report what they did", "Ahmed Impact"),
    ("Dafydd ap Rhys", "I print on anything flat", "Gwasg y Bont"),
    ("Grace Singh", "I arrange mortgages for the self-employed", "Singh Mortgages"),
    ("Marek Zieliński", "I make furniture to measure", "Zieliński Wood"),
    ("Ruth Evans", "I coach people into their second career", "Evans Coaching"),
    ("Yuki Sato", "I design packaging that goes back in the earth", "Sato Pack"),
    ("Tom van der Berg", "I survey old buildings", "Van der Berg Surveyors"),
    ("Leila Farouk", "I keep firms on the right side of employment law", "Farouk HR"),
    ("Angus McDonald", "I mend roofs, slate first", "McDonald Roofing"),
    ("Nia Davies", "I cook lunch for meetings", "Davies & Daughter"),
    ("Ewan Ross", "I do the accounts of dentists", "Ross Accountants"),
    ("Carys Roberts", "I run a nursery with a waiting list", "Little Acorns"),
    ("Idris Bowen", "I record podcasts for firms", "Bowen Audio"),
    ("Mairead Kelly", "I move offices over a weekend", "Kelly Removals"),
    ("Wei Zhang", "I import tea, and know a good freight agent", "Zhang Tea"),
    ("Elin Parry", "I train dogs and their people", "Parry Dogs"),
    ("Andrzej Wójcik", "I tile bathrooms without dust", "Wójcik Tiling"),
    ("Sophie Turner", "I do the numbers for start-ups before their first round", "Turner Finance"),
    ("Kwame Mensah", "I clean offices with nothing that smells", "Mensah Clean"),
    ("Alice Whitfield", "I value antiques and house contents", "Whitfield & Sons"),
    ("Jamal Edwards", "I run the gym by the station", "Platform Gym"),
    ("Katarzyna Wiśniewska", "I do physiotherapy for people who sit", "Upright"),
)

LINES = (
    "Has a daughter starting at the art college; cycles in from Keynsham.",
    "Looking for a second van before spring.",
    "Knows everyone at the harbour. Hates phone calls, loves postcards.",
    "Their lease ends in March: ask how the search goes.",
    "We laughed about the coffee. Wants to meet an architect.",
    "Just took on a first employee and is a bit nervous about it.",
    "Opening a second shop in Clifton.",
    "Mentioned a client who is unhappy with their website.",
    "New to the city, came down from Leeds in summer.",
    "Runs the half marathon, needs sponsors for the school.",
)
PROMISES = (
    "Send the name of our insurer",
    "Introduce to Priya about the office",
    "Lend the book on pricing",
    "Send three photos of the shop front",
    "Ask Declan about a charge point",
    "Send the recipe",
)
PLACES = ("Café Amore, Corn Street", "By phone", "The Watershed", "Your workshop", "Boston Tea Party, Park Street")

# What some cards say besides: whom they are for, what they look for, what to ask them about, and what to spare them.
CARDS = {
    ORGANISER: {
        "role": "Bookkeeper",
        "who_for": "cafés, bakeries and market stalls",
        "looking_for": "a café that still keeps its receipts in a shoebox",
        "can_offer": "an hour on what to keep and what to throw away",
        "ask_me_about": "sourdough, and where to sit at the Grand",
        "not_for_me": "office software",
    },
    "Ben Okafor": {
        "who_for": "shops with one person and one van",
        "looking_for": "a photographer for a client's new menu",
        "ask_me_about": "why your page is slow",
    },
    "Siân Griffiths": {
        "role": "Solicitor",
        "who_for": "families with a house and a firm",
        "looking_for": "someone who values house contents",
        "can_offer": "a first look at any letter that begins “without prejudice”",
    },
    "Tomasz Kowalski": {"looking_for": "a surveyor who likes sash windows", "not_for_me": "plastic frames"},
    "Priya Shah": {"who_for": "firms that outgrow the kitchen table", "ask_me_about": "break clauses"},
    "Mei Tanaka": {"looking_for": "a studio with north light", "can_offer": "two portraits for a good cause"},
    "Rhys Morgan": {"ask_me_about": "the coffee here", "looking_for": "offices with ten desks or more"},
    "Chloë Fraser": {"who_for": "hotels with a view and no words for it"},
    "Declan O’Neill": {"looking_for": "landlords who plan ahead", "not_for_me": "energy contracts"},
    "Beth Campbell": {"ask_me_about": "school gardens that survive the summer"},
    "Grace Singh": {"who_for": "people whose income comes in lumps", "can_offer": "a plain answer by Friday"},
    "Ruth Evans": {"ask_me_about": "the year I drove a library van"},
    "Nia Davies": {"looking_for": "a second kitchen, two mornings a week"},
    "Wei Zhang": {"can_offer": "a freight agent who rings back"},
}
PORTRAITS = {ORGANISER: "#B54105", "Siân Griffiths": "#2F6B3A", "Mei Tanaka": "#1F5C8A"}
HOSTS = ("Ben Okafor", "Siân Griffiths", "Mei Tanaka")
HELPER = "Rhys Morgan"
SUBSTITUTES = ("Owain Okafor", "Helen Price", "Jonas Weber", "Maud Lewis", "Ifan Rees", "Nora Quinn")
NOT_SIGNED_UP = ("Gwen Price", "Huw Llewellyn", "Dr Amara Nwosu", "Peter Marsh")
QUESTION = "Shall we begin half an hour earlier in summer?"
